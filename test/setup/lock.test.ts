import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { root } from "./files.ts";

/** Says `waiting`, `in`, and goes out of the lock when its standard input ends. */
const CODE = `
  const { alone } = await import(process.argv[1]);
  await alone(process.argv[2], async () => { console.log("in"); for await (const _ of process.stdin); }, () => console.log("waiting"));
  console.log("out");`;

interface Holder {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  readonly lines: AsyncIterator<string>;
}

describe("one set-up at a time", () => {
  let folder: string;
  let path: string;
  const holders: Holder[] = [];

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "pipe-tools-lock-"));
    path = join(folder, "lock");
  });
  after(() => {
    for (const { child } of holders) child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  it("lets the second in when the first is out", async () => {
    const first = hold();
    assert.equal(await said(first), "in");
    const second = hold();
    assert.equal(await said(second), "waiting");
    first.child.stdin.end();
    assert.equal(await said(first), "out");
    assert.equal(await said(second), "in");
    second.child.stdin.end();
    assert.equal(await said(second), "out");
    assert.equal(existsSync(path), false);
  });

  it("takes over from one that was killed", async () => {
    const first = hold();
    assert.equal(await said(first), "in");
    first.child.kill("SIGKILL");
    await once(first.child, "exit");
    assert.equal(existsSync(path), true);
    const second = hold();
    assert.equal(await said(second), "waiting");
    assert.equal(await said(second), "in");
    second.child.stdin.end();
    assert.equal(await said(second), "out");
  });

  function hold(): Holder {
    const script = pathToFileURL(join(root, "scripts/lock.mjs")).href;
    const child = spawn(process.execPath, ["--input-type=module", "-e", CODE, script, path], { stdio: ["pipe", "pipe", "inherit"] });
    const holder = { child, lines: createInterface(child.stdout)[Symbol.asyncIterator]() };
    holders.push(holder);
    return holder;
  }
});

async function said({ lines }: Holder): Promise<string> {
  const next = await lines.next();
  return next.done === true ? "ended" : next.value;
}
