import assert from "node:assert/strict";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type Family, findFamily, type Folder, listFolder, pick, pickAll } from "../../../engines/sherpa/family.ts";
import { threadCount } from "../../../engines/sherpa/threads.ts";
import { checkTokens } from "../../../engines/sherpa/tokens.ts";
import { temporaryFolder } from "../../temporary.ts";

const folder: Folder = { path: "/m", names: ["a.int8.onnx", "a.onnx", "b.onnx", "tokens.txt"] };

test("a file is picked by its name, the quantized one first unless the other is wanted", () => {
  assert.equal(pick(folder, /^a.*\.onnx$/), "/m/a.int8.onnx");
  assert.equal(pick(folder, /^a.*\.onnx$/, "float"), "/m/a.onnx");
  assert.equal(pick(folder, /^b.*\.onnx$/), "/m/b.onnx");
  assert.equal(pick(folder, /^c/), null);
  assert.deepEqual(pickAll(folder, /^[ab]\.onnx$/), ["/m/a.onnx", "/m/b.onnx"]);
});

test("the first family that takes a folder has it, and a folder that none takes is told what was expected and what is there", async () => {
  await using temporary = await temporaryFolder();
  const families: ReadonlyArray<Family<{ readonly file: string }>> = ["one", "two"].map((name) => ({
    name,
    expected: `${name}.onnx`,
    find: (folder) => {
      const file = pick(folder, new RegExp(`^${name}\\.onnx$`));
      return file === null ? null : { file };
    },
  }));
  await temporary.write("other.bin", "");
  await mkdir(join(temporary.path, "data"));
  await symlink("data", join(temporary.path, "link"));
  await temporary.write("._two.onnx", "of macOS");
  assert.deepEqual((await listFolder(temporary.path)).names, ["data/", "link/", "other.bin"]);
  await assert.rejects(findFamily(temporary.path, families, "speech"), {
    code: "model-unfit",
    message: `the model ${temporary.path} cannot be used for speech: expected the files of one of these: one: one.onnx; two: two.onnx. There lie data/, link/, other.bin`,
  });
  await temporary.write("two.onnx", "");
  const { family, files } = await findFamily(temporary.path, families, "speech");
  assert.deepEqual([family.name, files], ["two", { file: join(temporary.path, "two.onnx") }]);
});

test("tokens are read with their numbers; what is none is named by its line", async () => {
  await using temporary = await temporaryFolder();
  const read = async (text: string | Uint8Array, options = {}): Promise<unknown> => [...(await checkTokens(await temporary.write("tokens.txt", text), options))];
  assert.deepEqual(await read("<blk> 0\n▁the 1\r\n  2\n\u3000 3\n5 4\n\n"), [["<blk>", 0], ["▁the", 1], [" ", 2], ["\u3000", 3], ["5", 4]]);
  assert.deepEqual(await read("a 0\n<BLNK> 1", { characters: true }), [["a", 0], ["<BLNK>", 1]]);
  const wrong = (text: string | Uint8Array, reason: RegExp, options = {}) => assert.rejects(read(text, options), (error: Error & { code?: string }) => error.code === "model-corrupt" && reason.test(error.message), String(reason));
  await wrong("", /there are no tokens in it/);
  await wrong("a 0\nb\n", /line 2 is "b", expected a token and its number/);
  await wrong("a b 0\n", /line 1 is "a b 0"/);
  await wrong(Buffer.from([0xff, 0x20, 0x30]), /it is no text in UTF-8/);
  await wrong("a 0\na 1\n", /line 2 has the token 'a' once more/, { characters: true });
  await wrong("ab 0\n", /which has more than one character/, { characters: true });
  await assert.rejects(checkTokens(join(temporary.path, "none.txt")), { code: "model-missing" });
});

test("threads are as many as there are cores, four at most, or as many as are asked for", () => {
  assert.ok(threadCount("auto") >= 1 && threadCount("auto") <= 4);
  assert.equal(threadCount(9), 9);
});
