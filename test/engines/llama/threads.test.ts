import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { remembered } from "../../../engines/llama/remembered.ts";
import { candidates } from "../../../engines/llama/threads.ts";
import { temporaryFolder } from "../../temporary.ts";

test("Thread counts to try double up to the cores, and the cores themselves are one", () => {
  assert.deepEqual([1, 2, 6, 8].map(candidates), [[1], [1, 2], [1, 2, 4, 6], [1, 2, 4, 8]]);
});

describe("measured thread counts", () => {
  test("are remembered for a week, for the model they are of", async () => {
    await using folder = await temporaryFolder();
    const cache = join(folder.path, "cache", "threads.json");
    const model = { path: await folder.write("a.gguf", "one"), use: "chat" };
    let measured = 0;
    const measure = () => Promise.resolve({ threads: ++measured, milliseconds: 1 });
    const day = 24 * 3600 * 1000;
    assert.equal((await remembered(cache, model, measure, 0)).threads, 1);
    assert.equal((await remembered(cache, model, measure, 6 * day)).threads, 1);
    assert.equal((await remembered(cache, { ...model, path: await folder.write("b.gguf", "two") }, measure, 6 * day)).threads, 2);
    assert.equal((await remembered(cache, model, measure, 8 * day)).threads, 3);
    assert.equal(Object.keys(JSON.parse(await readFile(cache, "utf8")) as object).length, 2);
  });

  test("are measured when the cache cannot be read or written", async () => {
    await using folder = await temporaryFolder();
    const model = { path: await folder.write("a.gguf", "one"), use: "chat" };
    const measure = () => Promise.resolve({ threads: 2, milliseconds: 1 });
    assert.equal((await remembered(await folder.write("bad.json", "{\"x\": 1, oops"), model, measure)).threads, 2);
    assert.equal((await remembered(folder.path, model, measure)).threads, 2);
    assert.equal((await remembered(null, model, measure)).threads, 2);
  });
});
