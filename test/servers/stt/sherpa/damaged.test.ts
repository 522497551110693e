import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { isErrorCode, ToolError } from "../../../../pipes/protocol/errors.ts";
import type { KindName } from "../../../../servers/stt/sherpa/kinds.ts";
import { Graph } from "../../../onnx/stt-graph.ts";
import { models, writeModel } from "../../../onnx/stt-models.ts";
import { temporaryFolder } from "../../../temporary.ts";
import { Ear } from "./engine.ts";
import { resolved } from "./opening.ts";

const kindNames = Object.keys(models) as KindName[];

/** A valid model that is none for speech. */
function foreign(): Buffer {
  const graph = new Graph();
  graph.output("out", "float", [1], graph.op("Neg", [graph.input("in", "float", [1])]));
  return graph.write({ model_type: "weather" });
}

async function errorOf(promise: Promise<unknown>, what = "it"): Promise<{ readonly code: string; readonly path: unknown; readonly message: string }> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof ToolError && isErrorCode(error.code), String(error));
    return { code: error.code, path: error.facts["path"], message: error.message };
  }
  assert.fail(`${what}: nothing was thrown`);
}

for (const kind of kindNames) {
  test(`a file of a model of the kind ${kind} that is missing, cut, empty, a web page or another model is named`, async () => {
    await using folder = await temporaryFolder();
    const files = models[kind]();
    const path = await writeModel(join(folder.path, kind), files);
    const alone = Object.keys(files).filter((name) => name.endsWith(".onnx")).length === 1;
    for (const [name, whole] of Object.entries(files)) {
      const file = join(path, name);
      const check = async (damage: string, codes: readonly string[], damaged = file): Promise<void> => {
        const error = await errorOf(resolved(path), `${name}, ${damage}`);
        assert.ok(codes.includes(error.code), `${name}, ${damage}: ${error.message}`);
        assert.equal(error.path, damaged, `${name}, ${damage}: ${error.message}`);
      };
      const onnx = name.endsWith(".onnx");
      await rm(file);
      // Of a model in one file nothing tells which is missing.
      if (alone && onnx) await check("missing", ["model-unfit"], path);
      else assert.match(await messageOf(resolved(path)), /^the model file .* does not exist/);
      const bytes = Buffer.from(whole);
      for (const length of [0, 1, 7, bytes.length >> 1, bytes.length - 1, bytes.length - 3]) {
        await writeFile(file, bytes.subarray(0, length));
        // The last newline of tokens.txt is no loss; a number cut short is another number.
        if (onnx || length < bytes.length - 3) await check(`cut to ${length} bytes`, onnx ? ["model-corrupt"] : ["model-corrupt", "model-unfit"]);
      }
      await writeFile(file, "<!doctype html><title>404</title>\n");
      await check("a web page", ["model-corrupt"]);
      await writeFile(file, "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n");
      await check("a pointer of Git LFS", ["model-corrupt"]);
      if (onnx) {
        await writeFile(file, foreign());
        await check("another model", ["model-unfit"]);
      }
      await writeFile(file, bytes);
    }
    assert.equal((await resolved(path)).kind, kind, "whole again");
  });
}

async function messageOf(promise: Promise<unknown>): Promise<string> {
  return (await errorOf(promise)).message;
}

test("the files of one model under each other's names are told apart", async () => {
  await using folder = await temporaryFolder();
  for (const kind of kindNames) {
    const files = models[kind]();
    const names = Object.keys(files).filter((name) => name.endsWith(".onnx"));
    for (const name of names) {
      for (const other of names.filter((each) => each !== name)) {
        const path = await writeModel(join(folder.path, kind), { ...files, [name]: files[other]! });
        const error = await errorOf(resolved(path));
        assert.equal(error.code, "model-unfit", `${kind}: ${other} as ${name}`);
        assert.equal(error.path, join(path, name), `${kind}: ${other} as ${name}: ${error.message}`);
      }
    }
  }
});

test("tokens of another model are named", async () => {
  await using folder = await temporaryFolder();
  for (const kind of ["streaming-zipformer", "parakeet", "nemo-ctc", "zipformer", "sense-voice", "whisper", "moonshine", "zipformer-ctc"] as const) {
    const name = kind === "whisper" ? "tiny-tokens.txt" : "tokens.txt";
    const path = await writeModel(join(folder.path, kind), { ...models[kind](), [name]: "<blk> 0\na 1\nb 2\n" });
    const error = await errorOf(resolved(path));
    assert.deepEqual([error.code, error.path], ["model-unfit", join(path, name)]);
  }
});

test("a folder with nothing of a model in it, and none at all, are named", async () => {
  await using folder = await temporaryFolder();
  const empty = await errorOf(resolved(folder.path));
  assert.deepEqual([empty.code, empty.path], ["model-unfit", folder.path]);
  assert.match(empty.message, /Moonshine.*Whisper.*nothing/s);
  const nowhere = await errorOf(resolved(join(folder.path, "nowhere")));
  assert.deepEqual([nowhere.code, nowhere.path], ["model-missing", join(folder.path, "nowhere")]);
});

test("a language that the model does not know is said with those that it does", async () => {
  await using folder = await temporaryFolder();
  const path = await writeModel(join(folder.path, "whisper"), models.whisper());
  const error = await errorOf(resolved(path, { language: "fr" }));
  assert.equal(error.code, "model-unfit");
  assert.match(error.message, /'fr'.*knows en, de/);
  assert.equal((await resolved(path, { language: "de-AT" })).language, "de");
  assert.equal((await resolved(path)).language, "");
});

test("a file that changes after it was looked into fails the load by its name, and starts no process anew", async () => {
  await using folder = await temporaryFolder();
  for (const kind of ["streaming-zipformer", "whisper"] as const) {
    const model = await resolved(await writeModel(join(folder.path, kind), models[kind]()));
    await writeFile(model.files.decoder!, "no model");
    await using ear = new Ear(model);
    const error = await errorOf(ear.load());
    assert.deepEqual([error.code, error.path], ["model-corrupt", model.files.decoder]);
    assert.equal(ear.phase, "failed");
    assert.equal(ear.pid, undefined);
  }
});

test("a Whisper whose files do not belong together is said to be none, instead of understanding nothing for ever", async () => {
  await using folder = await temporaryFolder();
  const files = models.whisper();
  const encoder = Buffer.from(files["tiny-encoder.int8.onnx"]!);
  const value = encoder.indexOf("n_text_state") + "n_text_state".length + 2;
  assert.equal(encoder.toString("latin1", value, value + 1), "1");
  encoder.write("2", value);
  await using ear = new Ear(await resolved(await writeModel(join(folder.path, "whisper"), { ...files, "tiny-encoder.int8.onnx": encoder })));
  const words: string[] = [];
  ear.on("log", (_, line) => words.push(line));
  const error = await errorOf(ear.load());
  assert.deepEqual([error.code, error.path], ["model-corrupt", join(folder.path, "whisper")]);
  assert.match(error.message, /nothing can be decoded/);
  assert.match(words.join("\n"), /invalid dimensions/);
});

test("a model that passes for one and computes what the library cannot is called corrupt, after two tries at most", async () => {
  await using folder = await temporaryFolder();
  for (const kind of ["streaming-zipformer", "whisper", "parakeet", "moonshine", "zipformer-ctc"] as const) {
    const files = models[kind]();
    for (const name of Object.keys(files).filter((each) => each.endsWith(".onnx"))) {
      const path = await writeModel(join(folder.path, `${kind}-${name}`), { ...files, [name]: renamed(files[name] as Buffer) });
      await using ear = new Ear(await resolved(path));
      let starts = 0;
      ear.on("progress", ({ stage }) => stage === "starting" && starts++);
      const error = await errorOf(ear.load());
      assert.ok(starts <= 2, `${kind}, ${name}: ${starts} processes`);
      assert.equal(error.code, "model-corrupt", `${kind}: ${error.message}`);
      assert.ok(String(error.path).startsWith(path), `${kind}: ${error.message}`);
      assert.match(error.message, /Identitx|ended/, `${kind}: ${error.message}`);
    }
  }
});

/** An operator that there is none of, in a file that is sound. */
function renamed(model: Buffer): Buffer {
  return Buffer.from(model.toString("latin1").replaceAll("\u0008Identity", "\u0008Identitx"), "latin1");
}
