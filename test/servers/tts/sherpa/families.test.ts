import assert from "node:assert/strict";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { kokoro } from "../../../onnx/kokoro.ts";
import { matcha, vocos } from "../../../onnx/matcha.ts";
import { FRAME, tokensOf } from "../../../onnx/tones.ts";
import { phonemes, spelling, spellingVits } from "../../../onnx/vits.ts";
import { temporaryFolder } from "../../../temporary.ts";
import { hear, models, putModel, startSpeech, withSpeech } from "./fixtures.ts";

describe("in sherpa-onnx itself", () => {
  for (const [title, model] of Object.entries(models)) {
    test(`${title} says what it is given, at any speed, sentence by sentence`, () =>
      withSpeech(model, async (synthesizer) => {
        const { engine, rate, parallel } = await synthesizer.load();
        assert.deepEqual({ engine, rate, parallel }, { engine: `sherpa-onnx (${model.family})`, rate: 16_000, parallel: 1 });
        for (const speed of [1, 2, 0.5]) {
          const { said, samples } = await hear(synthesizer, { text: "Hello world.", speed }, model.alphabet);
          assert.equal(said, model.hello);
          assert.equal(samples.length % (FRAME / speed), 0);
        }
      }));
  }
});

test("twenty sentences are all spelled as they were given", () =>
  withSpeech(models["a VITS that spells"]!, async (synthesizer) => {
    for (let i = 0; i < 20; i++) {
      const text = Array.from({ length: 8 }, (_, word) => Array.from({ length: 5 }, (_, letter) => String.fromCodePoint(97 + ((i * 7 + word * 3 + letter * 11) % 26))).join("")).join(" ");
      assert.equal((await hear(synthesizer, { text: `${text}.`, speed: 1 }, spelling)).said, `${text}.`);
    }
  }));

test("sound comes as the sentences do", () =>
  withSpeech(models["a VITS that spells"]!, async (synthesizer) => {
    assert.equal((await hear(synthesizer, { text: "one. two! three? four", speed: 1 }, spelling)).parts, 4);
  }));

test("a Matcha model takes a vocoder from its folder or from elsewhere, and one of either kind", async () => {
  await using parent = await temporaryFolder();
  const folder = await putModel(parent.path, { pieces: [...matcha(), vocos()], espeak: true });
  const elsewhere = join(parent.path, "elsewhere.onnx");
  await rename(join(folder, vocos().name), elsewhere);
  await using synthesizer = await startSpeech(folder, { vocoder: elsewhere });
  const parts: Buffer[] = [];
  await synthesizer.speak({ text: "Hello world.", speed: 1 }, { onPcm: (pcm) => parts.push(pcm) });
  const pcm = new Int16Array(new Uint8Array(Buffer.concat(parts)).buffer);
  // Its windows overlap: a token is heard an eighth of a frame early, and on into the pauses around it.
  const shifted = new Int16Array(pcm.length + FRAME / 8);
  shifted.set(pcm, FRAME / 8);
  assert.equal(phonemes.read(tokensOf(shifted).filter((_, index) => index % 2 === 1)), "^həlˈoʊ wˈɜːld.$");
});

describe("voices", () => {
  test("of Kokoro have names that tell language and sex, and sound each as themselves", () =>
    withSpeech(models["Kokoro"]!, async (synthesizer) => {
      const { voices } = await synthesizer.load();
      assert.deepEqual(voices, [
        { name: "af_sky", languages: ["en-US"], description: "female, American English" },
        { name: "bm_lewis", languages: ["en-GB"], description: "male, British English" },
      ]);
      const loudness = async (voice?: string): Promise<number> => Math.max(...(await hear(synthesizer, { text: "Hello.", speed: 1, voice }, models["Kokoro"]!.alphabet)).samples);
      const [first, second] = [await loudness("af_sky"), await loudness("bm_lewis")];
      assert.ok(first > second * 1.3, `${first} and ${second}`);
      assert.equal(await loudness(), first);
      assert.equal(await loudness("1"), second);
    }));

  test("of other models are numbers, or have the name of Piper's file", async () => {
    await using parent = await temporaryFolder();
    await using several = await startSpeech(await putModel(parent.path, { pieces: spellingVits({ speakers: 3 }), espeak: false }, "several"));
    assert.deepEqual((await several.load()).voices.map(({ name, languages }) => [name, languages]), [["0", ["en"]], ["1", ["en"]], ["2", ["en"]]]);
    await using piper = await startSpeech(await putModel(parent.path, models["Piper"]!, "piper"));
    assert.deepEqual((await piper.load()).voices, [{ name: "tones", languages: ["en-US"], description: "English" }]);
  });

  test("that there are none of are refused with those that there are", () =>
    withSpeech(models["Kokoro"]!, async (synthesizer) => {
      await assert.rejects(hear(synthesizer, { text: "Hello.", speed: 1, voice: "af_heart" }, spelling), { code: "invalid-request", message: /one of the model's voices: af_sky, bm_lewis, got af_heart/ });
      await assert.rejects(hear(synthesizer, { text: "Hello.", speed: 1, voice: "2" }, spelling), { code: "invalid-request" });
      assert.equal((await hear(synthesizer, { text: "Hello world.", speed: 1 }, models["Kokoro"]!.alphabet)).said, "həlˈoʊ wˈɜːld. ");
    }));

  test("of a Kokoro of many languages speak their own, or the one that is asked for", () =>
    withSpeech(models["Kokoro of many languages"]!, async (synthesizer) => {
      const { alphabet } = models["Kokoro of many languages"]!;
      const say = async (text: string, voice: string, language?: string): Promise<string> => (await hear(synthesizer, { text, speed: 1, voice, language }, alphabet)).said;
      assert.equal(await say("mucho", "ef_dora"), "mˈutʃo");
      assert.notEqual(await say("mucho", "af_sky"), "mˈutʃo");
      assert.equal(await say("mucho", "af_sky", "es-MX"), "mˈutʃo");
      assert.equal(await say("你好", "zf_xiaobei"), "nihao");
    }));
});

test("a text without anything that can be spoken is silence, and is said in the log", () =>
  withSpeech(models["a VITS that spells"]!, async (synthesizer) => {
    const logged: string[] = [];
    synthesizer.on("log", (_, message) => logged.push(message));
    for (const text of ["", " ", "\0", "你好"]) assert.equal((await hear(synthesizer, { text, speed: 1 }, spelling)).samples.length, 0, text);
    assert.ok(logged.some((message) => message.includes('there is nothing in "你好"')));
    assert.equal((await hear(synthesizer, { text: "a\0b", speed: 1 }, spelling)).said, "a b");
  }));

test("a model is known by what its file says, where its names tell two things", async () => {
  await using parent = await temporaryFolder();
  const [acoustic, tokens] = matcha();
  const pieces = [{ ...acoustic!, name: "model.onnx" }, tokens!, vocos()];
  await using synthesizer = await startSpeech(await putModel(parent.path, { pieces, espeak: true }));
  assert.equal((await synthesizer.load()).engine, "sherpa-onnx (matcha)");
  const kitten = await putModel(parent.path, { pieces: kokoro({ names: ["a"], facts: { model_type: "kitten-tts" } }), espeak: true }, "kitten");
  await assert.rejects(startSpeech(kitten), { code: "model-unfit", message: /it says that it is 'kitten-tts'; expected one of kokoro, matcha-tts, vits, melo-vits/ });
});
