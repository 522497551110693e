import assert from "node:assert/strict";
import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { checkOnnx } from "../../models/onnx.ts";
import { bytes, int, message } from "../onnx/protobuf.ts";
import { floats, type OnnxModel, writeOnnx } from "../onnx/writer.ts";
import { temporaryFolder } from "../temporary.ts";

const small: OnnxModel = {
  metadata: { sample_rate: 16_000, comment: "größer" },
  inputs: [{ name: "x", type: "float", shape: [1, "count"] }],
  outputs: [{ name: "y", type: "float", shape: [1, "count"] }],
  constants: { two: floats([2]) },
  nodes: [{ op: "Mul", inputs: ["x", "two"], outputs: ["y"] }],
};

async function check(content: Uint8Array): ReturnType<typeof checkOnnx> {
  await using folder = await temporaryFolder();
  return await checkOnnx(await folder.write("model.onnx", content));
}

test("an ONNX file says what it takes, gives and is", async () => {
  assert.deepEqual(await check(writeOnnx(small)), { irVersion: 8, opset: 17, metadata: { sample_rate: "16000", comment: "größer" }, inputs: ["x"], outputs: ["y"] });
  assert.ok(writeOnnx(small).equals(writeOnnx(small)), "the same model is the same bytes");
});

test("a file of gigabytes is passed over in moments, and one byte short of it is cut", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "large.onnx");
  // A file with a hole: the tensor's bytes are none, and so is what they take on the disk.
  const weights = 3 * 2 ** 30;
  const tensor = Buffer.concat([int(1, weights / 4), int(2, 1), bytes(8, "w")]);
  const field = (number: number, length: number): Buffer => Buffer.concat([int(number, length)].map((one) => (one[0] = (number << 3) | 2, one)));
  const head = Buffer.concat([tensor, field(9, weights)]);
  const graphHead = Buffer.concat([message(1, bytes(1, "w"), bytes(2, "y"), bytes(4, "Identity")), message(12, bytes(1, "y")), field(5, head.length + weights), head]);
  const file = Buffer.concat([int(1, 8), message(8, int(2, 17)), field(7, graphHead.length + weights), graphHead]);
  await writeFile(path, file);
  const handle = await open(path, "r+");
  await handle.truncate(file.length + weights);
  const begun = performance.now();
  assert.deepEqual((await checkOnnx(path)).outputs, ["y"]);
  assert.ok(performance.now() - begun < 500, `${performance.now() - begun} ms`);
  await handle.truncate(file.length + weights - 1);
  await handle.close();
  await assert.rejects(checkOnnx(path), { code: "model-corrupt", message: new RegExp(`it is truncated: expected ${file.length + weights} bytes or more, it has ${file.length + weights - 1}`) });
});

test("what is no model is called what it is", async () => {
  const wrong: ReadonlyArray<readonly [content: Uint8Array, reason: RegExp]> = [
    [Buffer.alloc(0), /it is empty/],
    [Buffer.from("<!doctype html>"), /it is no ONNX model: it begins with "<!doctyp"/],
    [Buffer.from("version https://git-lfs.github.com/spec/v1"), /it begins with "version "/],
    [Buffer.from("GGUF\x03\0\0\0"), /it is no ONNX model/],
    [Buffer.alloc(1000), /it is no ONNX model/],
    [writeOnnx({ ...small, opset: 1000 }), /its operators are of version 1000/],
    [writeOnnx({ ...small, nodes: [] }), /its graph computes nothing/],
    [Buffer.concat([int(1, 8), message(8, int(2, 17))]), /there is no graph in it/],
    [Buffer.concat([int(1, 99), writeOnnx(small).subarray(2)]), /its format's version \(ir_version\) is 99/],
  ];
  for (const [content, reason] of wrong) await assert.rejects(check(content), (error: Error & { code?: string }) => error.code === "model-corrupt" && reason.test(error.message), String(reason));
});

test("a model that is cut anywhere is not taken for one, unless only what stands beside it is gone", async () => {
  const whole = writeOnnx(small);
  const metadata = whole.indexOf("sample_rate") - 4;
  for (let length = 0; length < whole.length; length++) {
    const outcome = await check(whole.subarray(0, length)).then(({ metadata }) => Object.keys(metadata).length, (error: { code?: string }) => error.code);
    if (length >= metadata && typeof outcome === "number") assert.ok(outcome < 2, `cut to ${length}: ${outcome}`);
    else assert.equal(outcome, "model-corrupt", `cut to ${length}`);
  }
});

test("what is not there, or no file, is said without waiting for it", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "none.onnx");
  await assert.rejects(checkOnnx(path), { code: "model-missing", facts: { path, hint: "Check `model:` in tools.yaml" } });
  await assert.rejects(checkOnnx(folder.path), { code: "model-corrupt", message: /it is not a regular file/ });
});
