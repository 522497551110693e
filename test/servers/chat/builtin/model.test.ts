import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { BUILTIN, ensureBuiltinModel } from "../../../../servers/chat/builtin/ensure.ts";
import { toHalf } from "../../../../models/gguf.ts";
import { builtinModel } from "../../../../servers/chat/builtin/model.ts";
import { buildVocabulary } from "../../../../servers/chat/builtin/vocabulary.ts";

describe("the built-in model's file", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "builtin-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("is the same bytes each time, and small", () => {
    const bytes = builtinModel();
    assert.ok(bytes.equals(builtinModel()));
    assert.ok(bytes.length < 2_000_000, `${bytes.length} bytes`);
  });

  test("is what is known of it without building it", () => {
    const bytes = builtinModel();
    assert.deepEqual(BUILTIN, { hash: createHash("sha256").update(bytes).digest("hex").slice(0, 12), bytes: bytes.length });
  });

  test("is written once, whole, for its owner only", async () => {
    const path = await ensureBuiltinModel(join(folder, "models"));
    const first = await stat(path);
    assert.equal(first.mode & 0o777, 0o600);
    assert.ok((await readFile(path)).equals(builtinModel()));

    assert.equal(await ensureBuiltinModel(join(folder, "models")), path);
    assert.equal((await stat(path)).ino, first.ino);
    assert.deepEqual(await readdir(join(folder, "models")), [path.slice(path.lastIndexOf("/") + 1)]);
  });

  test("is written again when it was cut short", async () => {
    const path = await ensureBuiltinModel(folder);
    await writeFile(path, "GGUF");
    await ensureBuiltinModel(folder);
    assert.ok((await readFile(path)).equals(builtinModel()));
  });

  test("says where it could not be written", async () => {
    await writeFile(join(folder, "models"), "no folder");
    const failure = { code: "file-failed", message: /models.builtin-\w+\.gguf: ENOTDIR/ };
    await assert.rejects(ensureBuiltinModel(join(folder, "models")), failure);
  });

  test("survives many processes that write it at once", async () => {
    const paths = await Promise.all(Array.from({ length: 5 }, () => ensureBuiltinModel(folder)));
    assert.equal(new Set(paths).size, 1);
    assert.equal((await readdir(folder)).length, 1);
  });
});

test("No token has two successors, so that every reply is one chain", () => {
  const { chains, introduction, texts } = buildVocabulary();
  const used = [...introduction, ...chains.flatMap(({ tokens, thought }) => [...thought, ...tokens])];
  const twice = used.filter((token, i) => used.indexOf(token) !== i).map((token) => texts[token]);
  assert.deepEqual(twice, []);
  assert.equal(new Set(texts).size, texts.length);
});

test("Half floats are rounded to the nearest, ties to even", () => {
  const halves = toHalf(Float32Array.of(0, 1, -2, 0.5, 65504, 1e9, 1e-9, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 235));
  assert.deepEqual([...halves], [0, 0x3c00, 0xc000, 0x3800, 0x7bff, 0x7c00, 0, 0x3c00, 0x3c02, 0x5b58]);
});
