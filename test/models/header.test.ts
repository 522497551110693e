import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { string, u32, writeGguf } from "../../models/gguf.ts";
import { builtinModel } from "../../servers/chat/builtin/model.ts";
import { checkGguf } from "../../models/header.ts";
import { temporaryFolder } from "../temporary.ts";
import { builtinParts } from "../servers/chat/fixtures.ts";

const model = builtinModel();

function withBytes(at: number, bytes: number[]): Buffer {
  const changed = Buffer.from(model);
  changed.set(bytes, at);
  return changed;
}

describe("the header of a GGUF file", () => {
  test("tells how large the file has to be, and any byte less is noticed", async () => {
    await using folder = await temporaryFolder();
    const header = await checkGguf(await folder.write("whole.gguf", model));
    assert.equal(header.version, 3);
    assert.equal(header.tensors, builtinParts().tensors.length);
    assert.ok(header.size <= model.length && header.size > model.length - 32, `${header.size} of ${model.length}`);
    await assert.rejects(checkGguf(await folder.write("cut.gguf", model.subarray(0, header.size - 1))), {
      code: "model-corrupt",
      message: new RegExp(`it is truncated: expected ${header.size} bytes, it has ${header.size - 1}`),
    });
  });

  test("is never read past its end, wherever that is", async () => {
    await using folder = await temporaryFolder();
    for (const length of [0, 1, 4, 12, 30, 100, 2000, 15_000]) {
      await assert.rejects(checkGguf(await folder.write("cut.gguf", model.subarray(0, length))), { code: "model-corrupt", message: new RegExp(`ends inside its header, at byte ${length}`) });
    }
  });

  test("that is none, or that says impossible things, is named with what was found", async () => {
    await using folder = await temporaryFolder();
    const wrong: Array<[Uint8Array, RegExp]> = [
      [Buffer.from("<html>404</html>"), /begins with "<htm", a GGUF file with "GGUF"/],
      [withBytes(4, [1, 0, 0, 0]), /its GGUF version is 1/],
      [withBytes(4, [0, 0, 0, 3]), /its GGUF version is/],
      [withBytes(8, [255, 255, 255, 255, 255, 255, 255, 255]), /impossible length/],
      [withBytes(24, [255, 255, 255, 127, 0, 0, 0, 0]), /has a name of \d+ bytes/],
    ];
    for (const [bytes, reason] of wrong) await assert.rejects(checkGguf(await folder.write("wrong.gguf", bytes)), { code: "model-corrupt", message: reason });
  });

  test("of any size is read, a window at a time", async () => {
    await using folder = await temporaryFolder();
    const { tensors, metadata } = builtinParts();
    const large = { ...metadata, "general.description": string("x".repeat(3_000_000)), "general.alignment": u32(32) };
    const bytes = writeGguf(large, tensors);
    const { size } = await checkGguf(await folder.write("large.gguf", bytes));
    assert.ok(size > bytes.length - 32);
  });

  test("is looked for in files only", async () => {
    await using folder = await temporaryFolder();
    await assert.rejects(checkGguf(folder.path), { code: "model-corrupt", message: /not a regular file/ });
    await assert.rejects(checkGguf(`${folder.path}/none.gguf`), { code: "model-missing" });
  });
});
