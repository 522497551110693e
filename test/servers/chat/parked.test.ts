import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { forgetParked, parkedFolder, sweepParked } from "../../../servers/chat/parked.ts";
import { temporaryFolder } from "../../temporary.ts";

/** More than any system gives to a process. */
const NOBODY = 2 ** 30;

describe("conversations that lie in files", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const cache = process.env["XDG_CACHE_HOME"];
  before(async () => {
    folder = await temporaryFolder();
    process.env["XDG_CACHE_HOME"] = folder.path;
  });
  after(async () => {
    if (cache === undefined) delete process.env["XDG_CACHE_HOME"];
    else process.env["XDG_CACHE_HOME"] = cache;
    await folder[Symbol.asyncDispose]();
  });

  test("are removed with their process, whether it could do so itself or not", async () => {
    await sweepParked();
    for (const path of [parkedFolder("chat"), parkedFolder("chat", NOBODY)]) {
      await mkdir(path, { recursive: true });
      await writeFile(join(path, "one.kv"), "x");
    }
    const another = join(dirname(parkedFolder("chat")), "notes");
    await mkdir(another);
    await sweepParked();
    assert.ok(existsSync(another), "what is nobody's process is left alone");
    assert.deepEqual([existsSync(parkedFolder("chat")), existsSync(parkedFolder("chat", NOBODY))], [true, false]);
    await forgetParked("chat");
    assert.ok(!existsSync(parkedFolder("chat")));
  });

  test("are forgotten also where they could never be kept, a file being in the folder's place", async () => {
    await rm(dirname(parkedFolder("chat")), { recursive: true, force: true });
    await writeFile(dirname(parkedFolder("chat")), "");
    await forgetParked("chat");
    await sweepParked();
  });
});
