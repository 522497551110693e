import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { places } from "../../../../pipes/protocol/places.ts";
import type { VoiceDetector } from "../../../../servers/stt/engine/vad.ts";
import { resolveSilero } from "../../../../servers/stt/sherpa/resolve.ts";
import { openSileroDetector } from "../../../../servers/stt/sherpa/silero.ts";
import { models, writeModel } from "../../../onnx/stt-models.ts";
import { silero, sileroFour } from "../../../onnx/stt-silero.ts";
import { temporaryFolder } from "../../../temporary.ts";
import { opening, resolved } from "./opening.ts";

const RATE = 16_000;

/** Seconds of silence and of a tone by turns, the first of silence. */
function turns(...seconds: readonly number[]): Int16Array {
  const pieces = seconds.map((length, index) => Int16Array.from({ length: length * RATE }, (_, i) => (index % 2 === 0 ? 0 : Math.round(8000 * Math.sin(i / 5)))));
  const all = new Int16Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** When speech begins and ends, in seconds. */
function changes(detector: VoiceDetector, samples: Int16Array): number[] {
  const found: number[] = [];
  let speaking = false;
  for (let from = 0; from + detector.frame <= samples.length; from += detector.frame) {
    const speech = detector.isSpeech(samples.subarray(from, from + detector.frame));
    if (speech !== speaking) found.push((from + detector.frame) / RATE);
    speaking = speech;
  }
  return found;
}

function near(found: readonly number[], expected: readonly number[]): void {
  assert.equal(found.length, expected.length, `${found.join(", ")}, expected ${expected.join(", ")}`);
  for (const [index, at] of found.entries()) assert.ok(at >= expected[index]! && at <= expected[index]! + 0.11, `${at}, expected ${expected[index]} or soon after`);
}

for (const [name, make] of [["fifth", silero], ["fourth", sileroFour]] as const) {
  test(`Silero's ${name} kind says frame by frame whether somebody speaks, at most 0.11 s late and with no patience`, async () => {
    await using folder = await temporaryFolder();
    const detector = await openSileroDetector(await folder.write("silero_vad.onnx", make()));
    assert.deepEqual([detector.name, detector.frame], ["silero", 512]);
    near(changes(detector, turns(1, 1, 0.2, 0.5, 1, 0.3, 0.5)), [1, 2, 2.2, 2.7, 3.7, 4]);
  });
}

test("speech without a pause stays speech for minutes, and takes no more memory for it", async () => {
  await using folder = await temporaryFolder();
  const detector = await openSileroDetector(await folder.write("silero_vad.onnx", silero()));
  near(changes(detector, turns(0.5, 60)), [0.5]);
  const before = process.memoryUsage().rss;
  assert.deepEqual(changes(detector, turns(0, 120)), [0.032]);
  assert.ok(process.memoryUsage().rss - before < 32e6, `${process.memoryUsage().rss - before} bytes more`);
});

test("after a reset another recording is heard as if it were the first", async () => {
  await using folder = await temporaryFolder();
  const detector = await openSileroDetector(await folder.write("silero_vad.onnx", silero()));
  const sound = turns(0.3, 1, 0.3);
  const first = changes(detector, sound);
  changes(detector, turns(0, 1));
  detector.reset();
  assert.deepEqual(changes(detector, sound), first);
});

test("a file that is no Silero is named, and so is one that is cut or not there", async () => {
  await using folder = await temporaryFolder();
  const path = await folder.write("silero_vad.onnx", silero().subarray(0, 100));
  await assert.rejects(openSileroDetector(path), { code: "model-corrupt", message: new RegExp(path) });
  await folder.write("silero_vad.onnx", models["zipformer-ctc"]()["model.int8.onnx"]!);
  await assert.rejects(openSileroDetector(path), { code: "model-unfit", message: /silero_vad\.onnx.*expected Silero's inputs/ });
  await assert.rejects(openSileroDetector(join(folder.path, "nowhere.onnx")), { code: "model-missing" });
});

test("Silero is taken where its file lies in the model's folder, or where the settings name it", async () => {
  await using folder = await temporaryFolder();
  const model = await writeModel(join(folder.path, "model"), models.whisper());
  const named = await folder.write("silero_vad_v5.onnx", silero());
  assert.equal((await resolved(model, { vad: "auto" })).silero, null);
  assert.equal((await resolved(model, { vad: named })).silero, named);
  await writeModel(model, { "silero_vad.onnx": silero() });
  assert.equal((await resolved(model, { vad: "auto" })).silero, join(model, "silero_vad.onnx"));
  assert.equal((await resolved(model, { vad: "webrtc" })).silero, null);
  await writeModel(model, { "silero_vad.onnx": "no model" });
  await assert.rejects(resolved(model, { vad: "auto" }), { code: "model-corrupt", message: /silero_vad\.onnx/ });
  assert.equal(await resolveSilero("energy", opening), null);
  assert.ok(places().models.length > 0);
});
