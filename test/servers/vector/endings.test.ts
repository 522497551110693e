import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { makeWorld } from "../../harness.ts";
import { rawClient } from "../../raw.ts";
import { folderOf, PATIENCE_MS, serve, type Served } from "./served.ts";

const FILES = 400;
const wordsOf = (number: number): string => `word${number} `.repeat(3);
const many = (count: number) => Array.from({ length: count }, (_, n) => ({ id: `id${n}`, text: `${wordsOf(n)} and so on` }));

function fillFolder(folder: string): void {
  mkdirSync(folder);
  for (let file = 0; file < FILES; file++) writeFileSync(join(folder, `${file}.txt`), `${wordsOf(file)} line\n\n`.repeat(60));
}

describe("a request to a vector server", () => {
  const world = makeWorld();
  const texts = join(world.folder, "texts");
  let served: Served;
  before(async () => {
    fillFolder(texts);
    served = await serve(world);
  });
  after(async () => {
    assert.deepEqual(await served.end(), { code: 0, signal: null });
    await world.close();
  });

  /** Cancels a request at its first sign of life, and resolves when the server is at work on nothing. */
  async function cancelled(cmd: string, args: object): Promise<void> {
    const abort = new AbortController();
    const events = served.client.stream(cmd, args, { signal: abort.signal, timeout: PATIENCE_MS, onInterim: () => abort.abort() });
    await assert.rejects(async () => {
      for await (const event of events) if (event["done"] === false) abort.abort();
    }, { code: "cancelled" });
    await idle();
  }

  /** Resolves when the server says that no request but this question is under way. */
  async function idle(): Promise<void> {
    while ((await served.call("health"))["calls"] !== 0);
  }

  it("that is cancelled ends at once, and what had been acknowledged of it stays", async () => {
    await cancelled("add_many", { items: many(20_000), collection: "many" });
    const added = Number((await served.call("count", { collection: "many" }))["count"]);
    assert.ok(added > 0 && added < 20_000, `${added} rows`);
    await cancelled("index", { path: texts, collection: "texts" });
    const [facts] = (await served.collections()).filter(({ name }) => name === "texts");
    assert.ok((facts?.folders[0]?.files ?? 0) < FILES);
    writeFileSync(join(world.folder, "in.jsonl"), many(20_000).map((item) => JSON.stringify(item)).join("\n"));
    await cancelled("import", { path: join(world.folder, "in.jsonl"), collection: "in" });
    await served.call("add_many", { items: many(12_000), collection: "out" });
    await cancelled("export", { collection: "out" });
    await cancelled("export", { collection: "out", path: join(world.folder, "out.jsonl") });
    while (readdirSync(world.folder).some((name) => name.startsWith("out"))) await served.call("ping"); // its half is cleared away after the answer
    assert.equal((await served.call("index", { path: texts, collection: "texts" }))["files"], FILES);
  });

  it("ends when its client dies, and others are served", async () => {
    const other = rawClient(world, "v", process.ppid);
    await other.subscribe({ wants: ["progress"] });
    other.send({ cmd: "index", path: texts, collection: "dying", req_id: 1 });
    await other.next(({ event }) => event === "progress");
    other.close(); // as a process that has ended: nobody reads its pipe any more
    await idle();
    const files = (await served.collections()).find(({ name }) => name === "dying")?.folders[0]?.files ?? 0;
    assert.ok(files < FILES, `${files} files`);
  });

  it("is answered when its collection is dropped beneath it", async () => {
    const adding = served.call("add_many", { items: many(5000), collection: "going" });
    const indexing = served.call("index", { path: texts, collection: "going", follow: true });
    const outcomes = Promise.allSettled([adding, indexing]);
    while ((await served.size("going")) < 64);
    await served.call("drop", { collection: "going" });
    for (const outcome of await outcomes) assert.ok(outcome.status === "fulfilled" || (outcome.reason as ToolError).code === "cancelled", String((outcome as { reason?: unknown }).reason));
  });

  it("about a name that comes and goes is answered, by one that is there or was made, and what is added to it is there", async () => {
    for (let round = 0; round < 30; round++) {
      const [, ...added] = await Promise.all([
        served.call("drop", { collection: "blinking" }).catch((error: unknown) => assert.equal((error as ToolError).code, "not-found")),
        ...many(5).map((item) => served.call("add", { ...item, collection: "blinking" }).catch((error: unknown) => assert.equal((error as ToolError).code, "cancelled"))),
      ]);
      const last = await served.call("add", { id: "last", text: "last", collection: "blinking" });
      assert.equal(last["id"], "last");
      assert.ok(added.length === 5);
      assert.equal((await served.call("get", { id: "last", collection: "blinking" }))["text"], "last");
    }
  });
});

describe("a vector server that is told to stop while it takes in a folder", () => {
  it("ends within its time, has whole files only, and its files are closed", async () => {
    const world = makeWorld();
    const texts = join(world.folder, "texts");
    fillFolder(texts);
    let served = await serve(world);
    const indexing = assert.rejects(served.call("index", { path: texts, collection: "texts" }), (error: ToolError) => ["stopping", "interrupted", "cancelled"].includes(error.code));
    while ((await served.size("texts")) === 0);
    const begun = performance.now();
    assert.deepEqual(await served.end("SIGTERM"), { code: 0, signal: null });
    assert.ok(performance.now() - begun < 3000, "longer than `timeouts: {stop}`");
    await indexing;
    assert.deepEqual(readdirSync(folderOf(world)).sort(), ["lock", "texts.sqlite"]);
    served = await serve(world);
    const passages = new Map<unknown, number>();
    for (const { metadata } of await served.rows("texts")) passages.set((metadata as { path: string }).path, (passages.get((metadata as { path: string }).path) ?? 0) + 1);
    assert.ok(passages.size > 0 && passages.size < FILES, `${passages.size} files`);
    assert.equal(new Set(passages.values()).size, 1, "all files are alike, and so are their passages");
    await served.end();
    await world.close();
  });
});

describe("a vector server that lets go of its memory", () => {
  const world = makeWorld();
  after(() => world.close());

  it("has closed its files, and brings all of it back with the next request, once there is room; what came meanwhile is answered", async () => {
    const texts = join(world.folder, "texts");
    mkdirSync(texts);
    writeFileSync(join(texts, "a.txt"), "crocus");
    const served = await serve(world);
    await served.call("add_many", { items: many(500) });
    await served.call("index", { path: texts, collection: "followed", follow: true });
    const states: string[] = [];
    served.client.on("state_changed", ({ state }: { state: string }) => {
      states.push(state);
      if (state === "waiting") void served.call("admit");
    });
    for (const [cmd, args] of [["count", {}], ["search", { query: "word1" }], ["get", { id: "id1" }]] as const) {
      while ((await served.call("release").catch((error: ToolError) => ({ event: error.code }))).event === "busy");
      assert.equal((await served.call("get_state"))["state"], "released");
      assert.deepEqual(readdirSync(folderOf(world)).filter((name) => name.endsWith("-wal")), []);
      states.length = 0;
      await served.call(cmd, args);
      assert.equal(states[0], "waiting");
      assert.equal(states.filter((state) => state === "waiting").length, 1, states.join());
      assert.equal((await served.call("get_state"))["state"], "idle");
    }
    // Whatever comes while it lets go is answered, whichever way that turns out.
    const outcomes = await Promise.all([served.call("release").catch((error: ToolError) => error.code), ...many(20).map((item) => served.call("add", { ...item, id: `late${item.id}` })), served.hits({ query: "word1", k: 1 })]);
    assert.equal(outcomes.length, 22);
    assert.equal((await served.call("count"))["count"], 520);
    // It follows again.
    const taken = served.server.line((line) => line.includes("took in what has changed") && line.includes('"changed":1'));
    writeFileSync(join(texts, "b.txt"), "marigold");
    await taken;
    assert.equal((await served.hits({ collection: "followed", query: "marigold", mode: "text" })).length, 1);
    await served.end();
  });
});

describe("a thread of a vector server that dies", () => {
  it("takes with it only what was under way, which is answered, and the next request and what is followed go on", async () => {
    const world = makeWorld();
    const texts = join(world.folder, "texts");
    mkdirSync(texts);
    const served = await serve(world, { env: { NODE_OPTIONS: "--max-old-space-size=64" } });
    await served.call("index", { path: texts, collection: "large", follow: true });
    await served.call("add_many", { items: many(150), collection: "large" });
    // So many different words that what is made of them is more than the heap of the thread holds.
    const text = Array.from({ length: 1_000_000 }, (_, n) => n.toString(36)).join(" ");
    const meanwhile = Promise.allSettled(many(20).map((item) => served.call("add", { ...item, id: `late${item.id}`, collection: "large" })));
    await assert.rejects(served.call("add", { text, collection: "large" }), { code: "engine-died", message: /memory/i });
    const told: string[] = [];
    for (const outcome of await meanwhile) {
      if (outcome.status === "fulfilled") told.push(String(outcome.value["id"]));
      else assert.equal((outcome.reason as ToolError).code, "engine-died");
    }
    assert.equal((await served.hits({ query: "word7", mode: "text", k: 1, collection: "large" }))[0]?.id, "id7");
    const there = new Set((await served.rows("large")).map(({ id }) => id));
    assert.deepEqual(told.filter((id) => !there.has(id)), []);
    while ((await served.call("get_state"))["state"] !== "idle"); // it looks at the folder again
    const taken = served.server.line((line) => line.includes("took in what has changed"));
    writeFileSync(join(texts, "b.txt"), "marigold");
    await taken;
    assert.deepEqual(await served.end(), { code: 0, signal: null });
    await world.close();
  });
});
