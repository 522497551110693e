import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { SttSettings } from "../../../../pipes/protocol/settings/stt.ts";
import { chooseModel } from "../../../../servers/stt/choose.ts";
import { SpeechEngine } from "../../../../servers/stt/engine/engine.ts";
import type { Heard, ListenPart, SpeechModel } from "../../../../servers/stt/engine/messages.ts";
import { models, writeModel } from "../../../onnx/stt-models.ts";
import { silero } from "../../../onnx/stt-silero.ts";
import { tones } from "../../../onnx/stt-tones.ts";
import { temporaryFolder } from "../../../temporary.ts";
import { joined, silence } from "../speech.ts";
import { opening } from "./opening.ts";

const RECORDING = joined(silence(1), tones("hello world", 0), silence(1), tones("good bye", 0), silence(1));

interface Listened {
  readonly model: SpeechModel;
  readonly parts: readonly ListenPart[];
  readonly heard: readonly Heard[];
  /** Of the engine's process at the end of each utterance, in bytes. */
  readonly memory: readonly number[];
}

async function listen(settings: SttSettings, recording = RECORDING): Promise<Listened> {
  const engine = SpeechEngine.start({ tool: "stt", maxQueue: 8, parallel: 1, ...(await chooseModel("stt", { threads: 1, ...settings }, opening)) });
  try {
    const model = await engine.load();
    const parts: ListenPart[] = [];
    const memory: number[] = [];
    const inputs = (async function* () {
      for (let at = 0; at < recording.length; at += 1000) yield new Uint8Array(recording.slice(at, at + 1000).buffer);
    })();
    const onPart = (part: ListenPart): void => {
      parts.push(part);
      if (part.type === "utterance") memory.push(residentOf(engine.pid!));
    };
    await engine.listen({ sound: { rate: 16_000, channels: 1 }, silence: 0.5, preRoll: 0.2, longest: 30, partial: true }, { inputs, onPart });
    return { model, parts, heard: parts.filter((part) => part.type === "utterance"), memory };
  } finally {
    await engine.stop();
  }
}

/** Pages are of 4 KiB on all machines that the tests run on. Source: proc(5), statm */
const residentOf = (pid: number): number => Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * 4096;

const near = (found: number, expected: number, what: string): void => assert.ok(Math.abs(found - expected) < 0.06, `${what}: ${found}, expected ${expected}`);

test("a recording is cut by Silero beside the model, and each utterance is decoded with times of the recording", async () => {
  await using folder = await temporaryFolder();
  const path = await writeModel(join(folder.path, "model"), { ...models.parakeet(), "silero_vad.onnx": silero() });
  const { model, heard } = await listen({ model: path });
  assert.deepEqual({ ...model, seconds: 0 }, { engine: "sherpa-onnx (Parakeet (NeMo transducer))", partial: false, words: true, path, vad: "silero", parallel: 1, seconds: 0 });
  assert.deepEqual(heard.map(({ text }) => text), ["hello world", "good bye"]);
  const expected = [["hello", 1], ["world", 1.6], ["good", 3.1], ["bye", 3.6]] as const;
  for (const [index, { word, start }] of heard.flatMap(({ words }) => words).entries()) {
    assert.equal(word, expected[index]![0]);
    near(start, expected[index]![1], word);
  }
});

test("a model that streams tells what it understands while the utterance goes on", async () => {
  await using folder = await temporaryFolder();
  const { model, parts, heard } = await listen({ model: await writeModel(join(folder.path, "model"), { ...models["streaming-zipformer"](), "silero_vad.onnx": silero() }) });
  assert.equal(model.partial, true);
  assert.deepEqual(heard.map(({ text }) => text), ["hello world", "good bye"]);
  const partials = parts.flatMap((part) => (part.type === "partial" ? [part.text] : []));
  assert.ok(partials.length >= 5, partials.join(" | "));
  assert.ok(partials.every((text) => "hello world".startsWith(text) || "good bye".startsWith(text)), partials.join(" | "));
});

test("Whisper and Moonshine decode what another detector has cut", async () => {
  await using folder = await temporaryFolder();
  for (const kind of ["whisper", "moonshine"] as const) {
    const { model, heard } = await listen({ model: await writeModel(join(folder.path, kind), models[kind]()), vad: "energy" });
    assert.deepEqual([model.vad, model.words], ["energy", kind === "whisper"]);
    assert.deepEqual(heard.map(({ text }) => text), ["hello world", "good bye"]);
  }
});

test("ten minutes of utterances take no more memory than one", async () => {
  await using folder = await temporaryFolder();
  const path = await writeModel(join(folder.path, "model"), { ...models["zipformer-ctc"](), "silero_vad.onnx": silero() });
  const minute = joined(...Array.from({ length: 10 }, () => joined(tones("all is well said she and went on to say so again", 0), silence(1))));
  const { heard, memory } = await listen({ model: path }, joined(...Array.from({ length: 10 }, () => minute)));
  assert.equal(heard.length, 100);
  assert.ok(heard.every(({ text }) => text === "all is well said she and went on to say so again"));
  const [early, late] = [memory[20]!, memory[99]!];
  assert.ok(late - early < 32e6, `${early} bytes after two minutes, ${late} after ten`);
});

test("settings that contradict each other are said", async () => {
  await assert.rejects(chooseModel("stt", { engine: "pocketsphinx", model: "/models/whisper" }, opening), { code: "usage", message: /pocketsphinx has its own model.*\/models\/whisper/ });
  await assert.rejects(chooseModel("stt", { engine: "sherpa-onnx" }, opening), { code: "usage", message: /without a model/ });
});
