import assert from "node:assert/strict";
import { copyFile, cp, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ToolError } from "../../../../pipes/protocol/errors.ts";
import { SpeechEngine } from "../../../../servers/stt/engine/engine.ts";
import type { ListenPart } from "../../../../servers/stt/engine/messages.ts";
import { openPocketSphinx } from "../../../../servers/stt/pocketsphinx/decoder.ts";
import { findPocketSphinx, isFound, type PocketSphinx } from "../../../../servers/stt/pocketsphinx/files.ts";
import { temporaryFolder } from "../../../temporary.ts";
import { bytesOf, joined, RATE, say, silence } from "../speech.ts";

let files: PocketSphinx;
before(async () => {
  const found = await findPocketSphinx();
  assert.ok(isFound(found), "the Debian packages libpocketsphinx3 and pocketsphinx-en-us are needed for this test");
  files = found;
});

const SENTENCES = ["The weather is very nice today.", "Please open the door for me.", "The children are playing in the park.", "The train will arrive at seven o'clock."];
const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z' ]/g, "");

function engineFor(model: PocketSphinx): SpeechEngine & AsyncDisposable {
  const engine = SpeechEngine.start({ tool: "stt", maxQueue: 4, parallel: 2, path: model.model, decoder: { engine: "pocketsphinx", files: model }, vad: { name: "webrtc" } });
  return Object.assign(engine, { [Symbol.asyncDispose]: () => engine.stop() });
}

test("a sentence is understood bit by bit, and its words have the times at which they were spoken", async () => {
  const decoder = await openPocketSphinx(files);
  const [sentence] = await say(SENTENCES[2]!);
  const partials: string[] = [];
  // The second utterance of a decoder is as good as the first, and its times count from its own beginning.
  for (const round of [1, 2]) {
    partials.length = 0;
    const utterance = decoder.begin({ partial: true });
    const recording = joined(silence(0.3), sentence!, silence(0.5));
    for (let at = 0; at < recording.length; at += 1600) {
      const text = await utterance.accept(recording.slice(at, at + 1600));
      if (text !== null) partials.push(text);
    }
    const { text, words } = await utterance.finish();
    assert.equal(text, "the children are playing in the park", `round ${round}`);
    assert.deepEqual(words.map(({ word }) => word).join(" "), text);
    for (const [index, { start, end }] of words.entries()) assert.ok(start >= (words[index - 1]?.end ?? 0.3) - 0.02 && end > start, JSON.stringify(words));
    assert.ok(words.at(-1)!.end < recording.length / RATE - 0.4, JSON.stringify(words.at(-1)));
    assert.ok(partials.length > 5 && partials.every((partial, index) => partial !== partials[index - 1]), partials.join(" / "));
  }
});

test("utterances side by side do not mix, and one that is dropped leaves no trace", async () => {
  const decoder = await openPocketSphinx(files);
  const [first, second] = await say(SENTENCES[0]!, SENTENCES[1]!);
  const utterances = [decoder.begin({ partial: true }), decoder.begin({ partial: false })] as const;
  const dropped = decoder.begin({ partial: true });
  for (let at = 0; at < Math.max(first!.length, second!.length); at += 1600) {
    const accepted = [utterances[0].accept(first!.slice(at, at + 1600)), utterances[1].accept(second!.slice(at, at + 1600))].map((each) => Promise.resolve(each));
    if (at === 16_000) dropped.drop();
    else if (at < 16_000) accepted.push(Promise.resolve(dropped.accept(second!.slice(at, at + 1600))));
    await Promise.all(accepted);
  }
  assert.deepEqual((await Promise.all(utterances.map((each) => each.finish()))).map(({ text }) => text), [plain(SENTENCES[0]!), plain(SENTENCES[1]!)]);
});

describe("in its process", () => {
  let engine: SpeechEngine;
  before(() => (engine = engineFor(files)));
  after(() => engine.stop());

  test("a recording becomes the sentences that were spoken, at their times", async () => {
    const { engine: name, vad, partial, words } = await engine.load();
    assert.deepEqual({ name, vad, partial, words }, { name: "pocketsphinx", vad: "webrtc", partial: true, words: true });
    const spoken = await say(...SENTENCES);
    const recording = joined(silence(1), ...spoken.flatMap((sentence) => [sentence, silence(0.8)]));
    const parts: ListenPart[] = [];
    const result = await engine.listen({ sound: { rate: RATE, channels: 1 }, silence: 0.5, preRoll: 0.3, longest: 30, partial: true }, { inputs: inPieces(recording), onPart: (part) => parts.push(part) });
    assert.deepEqual(result, { seconds: recording.length / RATE, utterances: 4 });
    const heard = parts.filter((part) => part.type === "utterance");
    assert.deepEqual(heard.map(({ text }) => text), SENTENCES.map(plain));
    let at = 1;
    for (const [index, { start, end, words }] of heard.entries()) {
      const length = spoken[index]!.length / RATE;
      assert.ok(Math.abs(start - at) < 0.25 && Math.abs(end - at - length) < 0.3, `${start}–${end}, spoken ${at}–${at + length}`);
      assert.ok(words.every((word) => word.start >= at - 0.35 && word.end <= at + length + 0.35), JSON.stringify(words));
      at += length + 0.8;
    }
    assert.ok(parts.some(({ type }) => type === "partial"));
  });

  test("a microphone is listened to although as many recordings are worked on as fit", async () => {
    const request = { sound: { rate: RATE, channels: 1 }, silence: 0.5, preRoll: 0.3, longest: 30, partial: false };
    const endless = new AbortController();
    const full = [1, 2].map(() => engine.listen(request, { inputs: forever(), signal: endless.signal }));
    const [sentence] = await say(SENTENCES[0]!);
    const heard: string[] = [];
    await engine.listen(request, { inputs: inPieces(joined(silence(0.3), sentence!, silence(1))), beside: true, onPart: (part) => part.type === "utterance" && heard.push(part.text) });
    assert.deepEqual(heard, [plain(SENTENCES[0]!)]);
    assert.deepEqual(engine.counts, { active: 2, waiting: 0 });
    endless.abort();
    for (const each of full) await assert.rejects(each, (error) => error instanceof ToolError && error.code === "cancelled");
  });
});

async function* forever(): AsyncGenerator<Buffer> {
  yield bytesOf(silence(0.1));
  await new Promise(() => undefined);
}

async function* inPieces(recording: Int16Array): AsyncGenerator<Buffer> {
  for (let at = 0; at < recording.length; at += 3210) yield bytesOf(recording.slice(at, at + 3210));
}

describe("a damaged model", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let model: string;
  before(async () => {
    folder = await temporaryFolder();
    model = join(folder.path, "model");
    await cp(files.model, model, { recursive: true, filter: (path) => !path.endsWith("lm.bin") });
    await symlink(join(files.model, "en-us.lm.bin"), join(model, "en-us.lm.bin"));
  });
  after(() => folder[Symbol.asyncDispose]());

  const failing = async (code: string, pattern: RegExp): Promise<void> => {
    await using engine = engineFor({ ...files, model });
    await assert.rejects(engine.load(), (error) => error instanceof ToolError && error.code === code && pattern.test(error.message) && error.message.includes(model) && !error.message.includes("undefined"));
  };
  const repaired = (file: string): Promise<void> => copyFile(join(files.model, file), join(model, file));

  for (const file of ["en-us/means", "en-us/mdef", "en-us/sendump", "en-us/transition_matrices"]) {
    test(`is named when ${file} is cut short`, async () => {
      await truncate(join(model, file), 1000);
      await failing("model-corrupt", new RegExp(`${file}.*1000 bytes, expected`));
      await repaired(file);
    });
  }

  test("is named when something else is in a file", async () => {
    await writeFile(join(model, "en-us/means"), Buffer.alloc(900_000, "x"));
    await failing("model-corrupt", /means.*does not begin as such a file does/);
    await repaired("en-us/means");
  });

  test("is named when a file is missing", async () => {
    await rm(join(model, "en-us/variances"));
    await failing("model-missing", /variances/);
    await repaired("en-us/variances");
  });

  test("is named, with what pocketsphinx says, when what is wrong is inside", async () => {
    await writeFile(join(model, "en-us/feat.params"), "-lowerf 130\n-upperf 6800\n-nfilt 25\n-feat 1s_c_d_dd\n-svspec 0-12/13-20\n-model ptm\n-cmn batch\n-transform dct\n-lifter 22\n");
    await failing("model-corrupt", /pocketsphinx says: \w/);
    await repaired("en-us/feat.params");
  });

  test("is named when it ends the process", async () => {
    const matrices = await readFile(join(files.model, "en-us/transition_matrices"));
    matrices.writeUInt32LE(43, matrices.indexOf("endhdr\n") + 11); // how many there are
    await writeFile(join(model, "en-us/transition_matrices"), matrices);
    await failing("model-corrupt", /ended with code 1/);
  });
});

test("a library that cannot be loaded is named", async () => {
  await using folder = await temporaryFolder();
  const library = await folder.write("libpocketsphinx.so.3", "this is no library");
  await using engine = engineFor({ ...files, library });
  await assert.rejects(engine.load(), (error) => error instanceof ToolError && error.code === "engine-failed" && error.message.includes(library));
});
