import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { Transcript } from "../../../../servers/stt/engine/decoder.ts";
import { type KindName, kindOf } from "../../../../servers/stt/sherpa/kinds.ts";
import { models, writeModel } from "../../../onnx/stt-models.ts";
import { EACH, tones } from "../../../onnx/stt-tones.ts";
import { whisper } from "../../../onnx/stt-whisper.ts";
import { temporaryFolder } from "../../../temporary.ts";
import { Ear } from "./engine.ts";
import { resolved } from "./opening.ts";

/** Each word begins with a token of its own where tokens are two symbols. SenseVoice's frames of 60 ms are too long for the same letter twice. */
const textFor = (kind: KindName): string => (kind === "sense-voice" ? "the quick brown fox doesn't have any big dogs" : "the quick brown fox doesn't carry all big dogs");
const kindNames = Object.keys(models) as KindName[];
const LEAD = 0.04;

for (const kind of kindNames) {
  test(`a model of the kind ${kind} is known by its files, and writes exactly what it hears`, async () => {
    await using folder = await temporaryFolder();
    const model = await resolved(await writeModel(join(folder.path, "model"), models[kind]()));
    assert.equal(model.kind, kind);
    await using ear = new Ear(model);
    const partials: string[] = [];
    const text = textFor(kind);
    const sound = tones(text, LEAD);
    const heard = await ear.hear(sound, { onPart: (text) => partials.push(text) });
    assert.equal(heard.text, text);
    assert.equal(model.words, !kind.startsWith("moonshine"));
    if (!model.words) assert.deepEqual(heard.words, []);
    else checkTimes(heard, text, sound.length / 16_000);
    checkPartials(partials, text, kindOf(kind).streaming);
  });
}

/** Each tone has its tenth of a second; a word ends where the space begins, the last one where its sound does. */
function checkTimes({ words }: Transcript, text: string, seconds: number): void {
  let at = LEAD;
  const expected = text.split(" ").map((word) => {
    const start = at;
    at += (word.length + 1) * EACH;
    return { word, start, end: start + word.length * EACH };
  });
  assert.deepEqual(words.map(({ word }) => word), expected.map(({ word }) => word));
  for (const [index, { word, start, end }] of words.entries()) {
    assert.ok(Math.abs(start - expected[index]!.start) <= 0.05, `${word} begins at ${start}, expected ${expected[index]!.start}`);
    assert.ok(Math.abs(end - expected[index]!.end) <= 0.05, `${word} ends at ${end}, expected ${expected[index]!.end}`);
    assert.ok(end <= seconds);
  }
}

/** While it goes on, each partial text is the beginning of the whole, and longer than the one before. */
function checkPartials(partials: readonly string[], whole: string, streaming: boolean): void {
  if (!streaming) return assert.deepEqual(partials, []);
  assert.ok(partials.length > 8, partials.join(" | "));
  for (const [index, text] of partials.entries()) {
    assert.ok(whole.startsWith(text), text);
    assert.ok(text.length > (partials[index - 1] ?? "").length, text);
  }
}

test("a Whisper whose decoder does not show what it looks at tells no words", async () => {
  await using folder = await temporaryFolder();
  const model = await resolved(await writeModel(join(folder.path, "model"), whisper({ attention: false })));
  assert.equal(model.words, false);
  await using ear = new Ear(model);
  assert.deepEqual(await ear.hear(tones("hello there")), { text: "hello there", words: [] });
});

test("utterances side by side do not get into each other, in a model that streams and in one that does not", async () => {
  await using folder = await temporaryFolder();
  const texts = ["one thing", "another", "something else", "the last of them"];
  for (const kind of ["streaming-zipformer", "whisper"] as const) {
    await using ear = new Ear(await resolved(await writeModel(join(folder.path, kind), models[kind]())), { parallel: 4 });
    const heard = await Promise.all(texts.map((text) => ear.hear(tones(text))));
    assert.deepEqual(heard.map(({ text }) => text), texts);
  }
});

test("nothing, a few samples and silence are no text, in a model of each kind", async () => {
  await using folder = await temporaryFolder();
  await Promise.all(kindNames.map(async (kind) => {
    await using ear = new Ear(await resolved(await writeModel(join(folder.path, kind), models[kind]())));
    for (const samples of [0, 1, 160, 16_000]) assert.deepEqual(await ear.hear(new Int16Array(samples)), { text: "", words: [] }, `${kind}, ${samples} samples`);
  }));
});

test("what is longer than a model takes is cut there, and what comes after is not heard", async () => {
  await using folder = await temporaryFolder();
  await using ear = new Ear(await resolved(await writeModel(join(folder.path, "model"), models.moonshine())));
  const { longest } = await ear.load();
  const text = "ab".repeat((longest + 2) * 5);
  const heard = await ear.hear(tones(text, 0));
  assert.ok(text.startsWith(heard.text));
  assert.ok(Math.abs(heard.text.length - longest / EACH) <= 1, `${heard.text.length} symbols in ${longest} s`);
});
