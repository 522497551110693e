import assert from "node:assert/strict";
import { once } from "node:events";
import { cp, mkdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, test } from "node:test";
import { checkSpeechFiles } from "../../../../servers/tts/sherpa/check.ts";
import { findSpeechFiles } from "../../../../servers/tts/sherpa/families.ts";
import { kokoro } from "../../../onnx/kokoro.ts";
import { matcha } from "../../../onnx/matcha.ts";
import { phonemes, type Piece, piperGraph, piperVits, spelling, spellingFacts, spellingVits } from "../../../onnx/vits.ts";
import { floats, writeOnnx } from "../../../onnx/writer.ts";
import { temporaryFolder } from "../../../temporary.ts";
import { espeakData, hear, models, putModel, startSpeech } from "./fixtures.ts";

const WRONG = new Set(["model-missing", "model-corrupt", "model-unfit"]);

/** It is refused, and by the file that is wrong; a folder where what is missing cannot be told. */
async function assertNamed(refused: Promise<unknown>, file: string, what: string): Promise<void> {
  await assert.rejects(refused, (error: Error & { code?: string; facts?: { path?: string } }) => {
    assert.ok(WRONG.has(error.code ?? ""), `${what}: ${error.message}`);
    assert.equal(error.facts?.path, file, `${what}: ${error.message}`);
    return true;
  });
}

async function check(folder: string): Promise<void> {
  await checkSpeechFiles(await findSpeechFiles(folder));
}

for (const [title, model] of Object.entries(models)) {
  describe(`${title}: before sherpa-onnx sees it`, () => {
    for (const { name, bytes } of model.pieces.filter(({ name }) => !name.endsWith(".json"))) {
      test(`${name} is refused by name when it is cut anywhere, another file, or a folder`, async () => {
        await using parent = await temporaryFolder();
        const folder = await putModel(parent.path, model);
        await check(folder);
        const path = join(folder, name);
        const whole = Buffer.from(bytes);
        const isText = name.endsWith(".txt");
        const lengths = isText ? [0] : [0, 1, 2, 7, 100, ...Array.from({ length: 15 }, (_, part) => Math.floor((whole.length * (part + 1)) / 16)), whole.length - 1];
        for (const length of lengths) {
          await writeFile(path, whole.subarray(0, length));
          await assertNamed(check(folder), path, `cut to ${length} of ${whole.length}`);
        }
        for (const other of ["<!doctype html>\n<title>Sign in</title>\n", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", Buffer.from([0xff, 0xfe, 0, 1, 2])]) {
          await writeFile(path, other);
          await assertNamed(check(folder), path, JSON.stringify(other.toString()));
        }
        await rm(path);
        if (name.startsWith("lexicon-")) return; // another may be there
        await mkdir(path);
        await assert.rejects(check(folder), (error: Error & { code?: string }) => WRONG.has(error.code ?? ""));
      });
    }
  });
}

test("what is missing is named, or what is there where it may be anything", async () => {
  await using parent = await temporaryFolder();
  const without = async (model: string, name: string): Promise<string> => {
    const folder = await putModel(parent.path, models[model]!, `${model}-${name}`.replaceAll(" ", "-"));
    await rm(join(folder, name), { recursive: true });
    return folder;
  };
  for (const [model, name] of [["Piper", "espeak-ng-data/phontab"], ["Kokoro", "espeak-ng-data/phontab"], ["Matcha", "espeak-ng-data/phontab"], ["a VITS with a lexicon", "lexicon.txt"]] as const) {
    const folder = await without(model, name.split("/")[0]!);
    await assertNamed(check(folder), join(folder, name), model);
  }
  await assert.rejects(check(await without("Matcha", "hifigan_v2.onnx")), { code: "model-unfit", message: /there is no vocoder beside it.*Set `vocoder:`/ });
  for (const [model, name] of [["Piper", "tokens.txt"], ["Matcha", "model-steps-3.onnx"], ["Kokoro", "model.onnx"]] as const) {
    await assert.rejects(check(await without(model, name)), { code: "model-unfit", message: /expected the files of one of these: kokoro: model\.onnx .*; matcha: .*; vits: .*\. There lie .*espeak-ng-data\// });
  }
  const kokoro = await without("Kokoro", "voices.bin");
  await assertNamed(check(kokoro), join(kokoro, "voices.bin"), "voices");
  await mkdir(join(parent.path, "empty"));
  await assert.rejects(check(join(parent.path, "empty")), { code: "model-unfit", message: /There is nothing$/ });
  await assert.rejects(check(join(parent.path, "none")), { code: "model-missing" });
});

test("tokens that a text would end the engine without, and such as its reader does not take, are named", async () => {
  await using parent = await temporaryFolder();
  const wrong: ReadonlyArray<readonly [model: string, tokens: string, reason: RegExp]> = [
    ["Piper", phonemes.file.replace("$ 2\n", ""), /the token '\$' is missing/],
    ["Matcha", phonemes.file.replace("^ 1\n", ""), /the token '\^' is missing/],
    ["a VITS with a lexicon", spelling.file.replace("  1\n", ""), /the token ' ' is missing/],
    ["Kokoro of many languages", models["Kokoro"]!.alphabet.file.replace(/^! .*\n/m, ""), /the token '!' is missing/],
    ["Piper", `${phonemes.file}ab 99\n`, /the token 'ab', which has more than one character/],
    ["Piper", `${phonemes.file}a 99\n`, /line \d+ has the token 'a' once more/],
    ["a VITS that spells", spelling.file.slice(0, 50).replace(/\d+\n?$/, ""), /line \d+ is "\w ", expected a token and its number/],
  ];
  for (const [index, [model, tokens, reason]] of wrong.entries()) {
    const folder = await putModel(parent.path, models[model]!, String(index));
    await writeFile(join(folder, "tokens.txt"), tokens);
    await assert.rejects(check(folder), (error: Error & { code?: string }) => error.code === "model-corrupt" && error.message.includes(join(folder, "tokens.txt")) && reason.test(error.message), String(reason));
  }
});

test("a model as Piper publishes it, and a vocoder that is none, are called what they are", async () => {
  await using parent = await temporaryFolder();
  const bare = { comment: null, language: null, voice: null, has_espeak: null, sample_rate: null, n_speakers: null, model_type: null };
  await assert.rejects(check(await putModel(parent.path, { pieces: piperVits({ facts: bare }), espeak: true }, "piper")), { code: "model-unfit", message: /it has no metadata.*converted for sherpa-onnx/ });
  const [model] = spellingVits();
  const folder = await putModel(parent.path, { pieces: [...matcha(), { ...model!, name: "vocos.onnx" }], espeak: true }, "matcha");
  await assert.rejects(check(folder), { code: "model-unfit", message: /vocos\.onnx cannot be used for a vocoder: its model_type is 'vits'/ });
});

test("facts that sherpa-onnx would end for are named when they are missing or none", async () => {
  await using parent = await temporaryFolder();
  const wrong: ReadonlyArray<readonly [pieces: readonly Piece[], reason: RegExp]> = [
    [spellingVits({ facts: { comment: null } }), /its metadata has no 'comment': it is truncated, or was not converted/],
    [spellingVits({ facts: { sample_rate: "fast" } }), /'sample_rate' in its metadata is 'fast', expected samples a second/],
    [kokoro({ names: ["a"], facts: { style_dim: "512,2,1" } }), /'style_dim' in its metadata is '512,2,1', expected three lengths/],
    [matcha({ facts: { n_speakers: -1 } }), /'n_speakers' in its metadata is '-1', expected a number/],
  ];
  for (const [index, [pieces, reason]] of wrong.entries()) {
    const folder = await putModel(parent.path, { pieces, espeak: true }, String(index));
    await assertNamed(check(folder), join(folder, pieces[0]!.name), String(reason));
    await assert.rejects(check(folder), reason);
  }
});

describe("in the engine", () => {
  /** It fails by name, for everybody who waits, and nothing is started again. */
  async function assertGivenUp(folder: string, file: string, reason: RegExp): Promise<void> {
    await using synthesizer = await startSpeech(folder);
    await assertFails(synthesizer, file, reason);
  }
  async function assertFails(synthesizer: Awaited<ReturnType<typeof startSpeech>>, file: string, reason: RegExp): Promise<void> {
    const waiting = hear(synthesizer, { text: "hello", speed: 1 }, spelling);
    const failed = once(synthesizer, "failed");
    await assertNamed(synthesizer.load(), file, "load");
    await failed;
    await assert.rejects(waiting, { message: reason });
    await assert.rejects(hear(synthesizer, { text: "hello", speed: 1 }, spelling), { message: reason });
    assert.equal(synthesizer.pid, undefined, "a request does not start a failed engine again");
  }

  for (const title of ["a VITS that spells", "Kokoro", "Matcha"]) {
    test(`${title}, cut after it was found, is given up by name, and can be had again once it is whole`, async () => {
      await using parent = await temporaryFolder();
      const folder = await putModel(parent.path, models[title]!);
      await using synthesizer = await startSpeech(folder);
      const path = join(folder, basename((await findSpeechFiles(folder)).model));
      const whole = await readFile(path);
      await truncate(path, whole.length >> 1);
      await assertFails(synthesizer, path, /it is truncated/);
      await writeFile(path, whole);
      await synthesizer.load();
      assert.equal((await hear(synthesizer, { text: "Hello world.", speed: 1 }, models[title]!.alphabet)).said, models[title]!.hello);
    });
  }

  test("a graph that onnxruntime does not take is given up with what it said", async () => {
    await using parent = await temporaryFolder();
    const [, tokens] = spellingVits();
    const bytes = writeOnnx({
      metadata: spellingFacts,
      inputs: [{ name: "input", type: "int64", shape: [1, "count"] }],
      outputs: [{ name: "output", type: "float", shape: [1, 1, "samples"] }],
      nodes: [{ op: "NoSuchOperator", inputs: ["input"], outputs: ["output"] }],
    });
    const folder = await putModel(parent.path, { pieces: [{ name: "model.onnx", bytes }, tokens!], espeak: false });
    await assertGivenUp(folder, folder, /model\.onnx failed.*NoSuchOperator/);
  });

  test("a model that sherpa-onnx ends its process for takes down the engine alone, and is named with what was said", async () => {
    await using parent = await temporaryFolder();
    const folder = await putModel(parent.path, { pieces: spellingVits({ facts: { comment: "melo", version: 1 } }), espeak: false });
    await assertGivenUp(folder, folder, /sherpa-onnx ended with code 255: .*Please download the latest MeloTTS model/);
  });

  test("a model whose weights lie in another file is refused by that file's name when it is short or missing", async () => {
    await using parent = await temporaryFolder();
    const folder = await putModel(parent.path, models["a VITS that spells"]!);
    const path = join(folder, "model.onnx");
    await writeFile(path, writeOnnx({ ...piperGraph(), constants: { ...piperGraph().constants, more: { ...floats(new Float32Array(250)), file: "model.weights" } }, metadata: spellingFacts }));
    await assertNamed(check(folder), join(folder, "model.weights"), "missing");
    await writeFile(join(folder, "model.weights"), Buffer.alloc(999));
    await assertNamed(check(folder), join(folder, "model.weights"), "short");
    await writeFile(join(folder, "model.weights"), Buffer.alloc(1000));
    await check(folder);
  });

  test("data of espeak-ng that is cut is the model's fault, also where it shows only when a text is spoken", async () => {
    await using parent = await temporaryFolder();
    const folder = await putModel(parent.path, { ...models["Piper"]!, espeak: false });
    const data = join(folder, "espeak-ng-data");
    await mkdir(join(data, "lang/gmw"), { recursive: true });
    const put = (name: string) => cp(join(espeakData(), name), join(data, name), { force: true });
    for (const name of ["phontab", "phonindex", "phondata", "intonations", "en_dict", "lang/gmw/en-US"]) await put(name);
    {
      await using synthesizer = await startSpeech(folder);
      assert.equal((await hear(synthesizer, { text: "Hello world.", speed: 1 }, phonemes)).said, models["Piper"]!.hello, "so little of it is enough");
    }
    await truncate(join(data, "phontab"), 0);
    await assertGivenUp(folder, join(data, "phontab"), /it is empty/);
    await put("phontab");
    await truncate(join(data, "phonindex"), 20_000);
    await assertGivenUp(folder, folder, /sherpa-onnx was ended by SIG/);
  });
});
