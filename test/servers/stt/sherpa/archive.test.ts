import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { create } from "tar";
import { models, writeModel } from "../../../onnx/stt-models.ts";
import { silero } from "../../../onnx/stt-silero.ts";
import { tones } from "../../../onnx/stt-tones.ts";
import { temporaryFolder } from "../../../temporary.ts";
import { Ear } from "./engine.ts";
import { resolved } from "./opening.ts";

/** Archives are unpacked into the user's cache, which for these tests is a folder of theirs. */
let cache: Awaited<ReturnType<typeof temporaryFolder>>;
const own = process.env["XDG_CACHE_HOME"];
before(async () => {
  cache = await temporaryFolder();
  process.env["XDG_CACHE_HOME"] = cache.path;
});
after(async () => {
  if (own === undefined) delete process.env["XDG_CACHE_HOME"];
  else process.env["XDG_CACHE_HOME"] = own;
  await cache[Symbol.asyncDispose]();
});

test("an archive as it is published is unpacked, its model is found, and Silero beside it", async () => {
  await using folder = await temporaryFolder();
  const name = "sherpa-onnx-moonshine-tiny-en-int8";
  await writeModel(join(folder.path, name), { ...models.moonshine(), "silero_vad.onnx": silero(), "README.md": "# Moonshine" });
  const file = join(folder.path, `${name}.tar.gz`);
  await create({ gzip: true, file, cwd: folder.path }, [name]);
  const model = await resolved(file, { vad: "auto" });
  assert.equal(model.kind, "moonshine");
  assert.ok(model.path.startsWith(cache.path), model.path);
  assert.equal(model.silero, join(model.path, "silero_vad.onnx"));
  await using ear = new Ear(model);
  assert.equal((await ear.hear(tones("out of a box"))).text, "out of a box");
});

test("an archive without a model is said to be none", async () => {
  await using folder = await temporaryFolder();
  await writeModel(join(folder.path, "pictures"), { "one.txt": "a picture" });
  const file = join(folder.path, "pictures.tar.gz");
  await create({ gzip: true, file, cwd: folder.path }, ["pictures"]);
  await assert.rejects(resolved(file), { code: "model-unfit", message: /expected the files of one of these: Moonshine.*There lies one\.txt/s });
});
