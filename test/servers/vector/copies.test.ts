import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { DatabaseSync } from "@photostructure/sqlite";
import { makeWorld } from "../../harness.ts";
import { rawClient } from "../../raw.ts";
import { sizeOf } from "./damages.ts";
import { PATIENCE_MS, serve, type Served } from "./served.ts";

const METADATA = { text: "ünï © 🜁", number: -1.5e-7, large: 2 ** 53, yes: true, no: false, nothing: null, list: ["a", 1, false, null], deep: { er: { than: ["this"] } }, empty: {}, none: [], "a.b": "dotted", "": "unnamed" };
const vectorOf = (row: number): number[] => [Math.fround(Math.sin(row)), Math.fround(Math.cos(row)), Math.fround(row / 1e6), 1];
const many = (from: number, count: number) => Array.from({ length: count }, (_, n) => ({ id: `id${from + n}`, text: `word${from + n}\u2028 with a "quote", a \\, a \t and 漢字 🜁`, metadata: { row: from + n }, vector: vectorOf(from + n) }));

describe("a copy of a collection", () => {
  const world = makeWorld();
  const at = (name: string): string => join(world.folder, name);
  let served: Served;
  before(async () => {
    served = await serve(world);
    await served.call("add_many", { items: many(0, 2000), collection: "own" });
    await served.call("add", { collection: "own", id: "all", text: "all kinds", metadata: METADATA, vector: vectorOf(7) });
    await served.call("add_many", { items: many(0, 300).map(({ id, text, metadata }) => ({ id, text, metadata })), collection: "made" });
  });
  after(async () => {
    assert.deepEqual(await served.end(), { code: 0, signal: null });
    await world.close();
  });

  it("that backup makes while rows are added is of one moment: a beginning of what was added, and whole", async () => {
    const over = new AbortController();
    const adding = (async () => {
      for (let n = 0; !over.signal.aborted; n += 10) await served.call("add_many", { items: many(n, 10), collection: "growing" });
    })();
    for (let copy = 0; copy < 8; copy++) {
      while ((await served.size("growing")) < copy * 50);
      await served.call("backup", { path: at(`growing${copy}.sqlite`), collection: "growing" });
    }
    over.abort();
    await adding;
    for (let copy = 0; copy < 8; copy++) {
      const { rows } = await served.call("restore", { path: at(`growing${copy}.sqlite`), collection: `growing${copy}` });
      const found = await served.rows(`growing${copy}`);
      assert.equal(found.length, rows);
      assert.deepEqual(found.map(({ id }) => id), Array.from(found, (_, n) => `id${n}`));
      const last = found.at(-1);
      if (last !== undefined) assert.equal((await served.hits({ collection: `growing${copy}`, query: last.text, mode: "text", k: 1 }))[0]?.id, last.id);
    }
  });

  it("is not made over a file that is there, nor put over a collection that is sound", async () => {
    writeFileSync(at("there"), "mine");
    for (const cmd of ["backup", "export"]) await assert.rejects(served.call(cmd, { path: at("there"), collection: "own" }), { code: "exists", message: /Take another name/ });
    assert.equal(readFileSync(at("there"), "utf8"), "mine");
    await served.call("backup", { path: at("own.sqlite"), collection: "own" });
    await assert.rejects(served.call("restore", { path: at("own.sqlite"), collection: "own" }), { code: "exists", message: /Drop it first/ });
  });

  it("that cannot be written where it was wanted says so, and nothing of the collection", async () => {
    for (const cmd of ["backup", "export"]) {
      for (const path of [at("nowhere/copy"), "/proc/copy"]) await assert.rejects(served.call(cmd, { path, collection: "own" }), (error: Error & { code: string }) => error.code === "file-failed" && error.message.includes(path), `${cmd} ${path}`);
    }
    assert.deepEqual((await served.collections()).filter(({ damage }) => damage !== undefined), []);
  });

  it("that is none, or half of one, is refused by name, and leaves nothing", async () => {
    const files = { text: "no database", empty: "" };
    for (const [name, text] of Object.entries(files)) writeFileSync(at(name), text);
    copyFileSync(at("own.sqlite"), at("half"));
    truncateSync(at("half"), Math.floor(sizeOf(at("half")) / 2));
    new DatabaseSync(at("foreign")).exec("create table notes (text)");
    spawnSync("mkfifo", [at("fifo")]);
    for (const name of ["text", "empty", "half", "foreign"]) await assert.rejects(served.call("restore", { path: at(name), collection: "none" }), (error: Error & { code: string }) => error.code === "data-damaged" && error.message.includes(at(name)) && error.message.includes("take another copy"), name);
    for (const name of ["fifo", "missing", "pipes"]) await assert.rejects(served.call("restore", { path: at(name), collection: "none" }), (error: Error & { code: string }) => error.code === "file-failed" && error.message.includes(at(name)), name);
    assert.deepEqual(readdirSync(join(world.folder, "collections")).filter((name) => name.startsWith("none")), []);
  });

  it("as lines has everything: ids, texts, metadata of all kinds, and vectors bit by bit", async () => {
    for (const collection of ["own", "made"]) {
      await served.call("export", { path: at(`${collection}.jsonl`), collection });
      const { count } = await served.call("import", { path: at(`${collection}.jsonl`), collection: `${collection}2` });
      const [rows, again] = [await served.rows(collection), await served.rows(`${collection}2`)];
      assert.equal(count, rows.length);
      assert.deepEqual(again, rows);
      const get = async (name: string, id: string) => (await served.call("get", { collection: name, id, vector: true }))["vector"];
      for (const { id } of rows.slice(0, 20)) assert.deepEqual(await get(`${collection}2`, id), await get(collection, id));
      assert.equal((await served.collections()).find(({ name }) => name === `${collection}2`)?.dimensions, collection === "own" ? 4 : 512);
    }
    assert.deepEqual((await served.call("get", { collection: "own2", id: "all" }))["metadata"], METADATA);
  });

  it("as lines that are wrong is refused with the line", async () => {
    const good = JSON.stringify({ id: "a", text: "a" });
    const wrong: Array<[string, RegExp]> = [
      [`${good}\n{"id": "b"}\n`, /line 2.*text/],
      [`${good}\n\n{"id": \n`, /line 3/],
      [`${good}\n[1]`, /line 2/],
      [`${good}\n{"text": "b", "vector": ["x"]}`, /line 2.*vector/],
      ["\u0000\u0001", /line 1/],
    ];
    for (const [data, message] of wrong) {
      await assert.rejects(served.call("import", { data, collection: "wrong" }), { code: "invalid-request", message });
      writeFileSync(at("wrong.jsonl"), data);
      await assert.rejects(served.call("import", { path: at("wrong.jsonl"), collection: "wrong" }), { code: "invalid-request", message });
    }
    writeFileSync(at("wrong.jsonl"), Buffer.concat([Buffer.from(`${good}\n`), Buffer.from([0xff, 0xfe, 10])]));
    await assert.rejects(served.call("import", { path: at("wrong.jsonl"), collection: "wrong" }), { code: "invalid-request", message: /line 2: expected text in UTF-8/ });
    writeFileSync(at("long.jsonl"), Buffer.alloc(65 * 1024 * 1024, "x"));
    await assert.rejects(served.call("import", { path: at("long.jsonl"), collection: "wrong" }), { code: "invalid-request", message: /line 1: expected at most \d+ bytes/ });
    for (const name of ["fifo", "missing", "pipes"]) await assert.rejects(served.call("import", { path: at(name), collection: "wrong" }), { code: "file-failed" });
    writeFileSync(at("bom.jsonl"), `\ufeff${good}\r\n${good}\r\n`);
    assert.equal((await served.call("import", { path: at("bom.jsonl"), collection: "bom" }))["count"], 2);
  });
});

describe("a hundred thousand rows", () => {
  const world = makeWorld();
  const ROWS = 100_000;
  const path = join(world.folder, "large.jsonl");
  let served: Served;
  before(async () => {
    let text = "";
    for (let row = 0; row < ROWS; row++) text += `${JSON.stringify({ id: `id${row}`, text: `word${row} and some more text`, vector: [row % 97, row % 89, 1, 2] })}\n`;
    writeFileSync(path, text);
    served = await serve(world);
  });
  after(async () => {
    assert.deepEqual(await served.end(), { code: 0, signal: null });
    await world.close();
  });

  it("come in from a file while others are answered all the time", async () => {
    const over = new AbortController();
    const importing = served.call("import", { path }).finally(() => over.abort());
    let answers = 0;
    for (; !over.signal.aborted; answers++) {
      await served.call("ping");
      if (answers % 10 === 9) await served.hits({ query: "word7", mode: "text", k: 1 }).catch(() => undefined);
    }
    assert.equal((await importing)["count"], ROWS);
    assert.ok(answers > 100, `${answers} answers`);
  });

  it("go out as a stream that takes no more memory than a few rows", async () => {
    const memory = (): number => (process.platform !== "linux" ? 0 : Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${served.server.pid}/status`, "utf8"))?.[1]) / 1024); // nothing else tells
    const before = memory();
    let lines = 0;
    let most = 0;
    for await (const { text } of served.client.stream("export", {}, { timeout: PATIENCE_MS })) {
      lines += ((text as string | undefined) ?? "").split("\n").length - 1;
      most = Math.max(most, memory());
    }
    assert.equal(lines, ROWS + 1);
    assert.ok(most - before < 100, `from ${before.toFixed(0)} to ${most.toFixed(0)} MiB`);
  });

  it("that one client does not read slow down nobody else", async () => {
    const lazy = rawClient(world, "v", process.ppid);
    await lazy.subscribe();
    lazy.pause();
    lazy.send({ cmd: "export", collection: "default", req_id: 1 });
    for (let n = 0; n < 200; n++) {
      await served.call("add", { id: `late${n}`, text: "late", vector: [1, 2, 3, 4] });
      assert.equal((await served.hits({ query: `word${n}`, mode: "text", k: 1 }))[0]?.id, `id${n}`);
    }
    lazy.resume();
    let count: unknown;
    while (count === undefined) ({ count } = await lazy.next(({ req_id }) => req_id === 1));
    assert.ok(Number(count) >= ROWS);
    lazy.close();
  });

  it("are there after a kill, all of them", async () => {
    await served.end("SIGKILL");
    served = await serve(world);
    assert.equal((await served.call("count"))["count"], ROWS + 200);
    assert.ok(existsSync(path));
  });
});
