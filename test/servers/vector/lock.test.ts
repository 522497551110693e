import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { ToolClient } from "../../../pipes/client/tool-client.ts";
import { configure, daemonLog, logsOf, QUICK, startDaemon, type Supervised } from "../../daemon/daemon.ts";
import { mkfifo } from "../../../pipes/transport/libc.ts";
import { makeWorld, upstreamOf, type World } from "../../harness.ts";
import { rawClient } from "../../raw.ts";
import { asked, folderOf, PATIENCE_MS, serve, type Served } from "./served.ts";

/** A client of a daemon's tool that sends again what may be repeated, as clients do. */
async function connected(world: World, daemon: Supervised, tool: string): Promise<Omit<Served, "server" | "end">> {
  await daemon.ready(tool);
  const client = await ToolClient.connect(tool, { folder: world.pipes, makeFifo: mkfifo });
  return { client, ...asked(client) };
}

/** Resolves with the first state that a tool says it is in, the present one included, that `holds`. */
async function state(client: ToolClient, holds: (state: { state: string; reason?: string }) => boolean): Promise<{ state: string; reason?: string }> {
  return new Promise((resolve) => {
    const look = (event: object): void => {
      if (holds(event as { state: string })) resolve(event as { state: string });
    };
    client.on("state_changed", look);
    void client.call("get_state").then(look);
  });
}

describe("two vector servers of one folder", () => {
  const world = makeWorld();
  after(() => world.close());

  it("the second says that it is locked, and by whom, the first is not harmed, and its end frees the folder", async () => {
    const first = await serve(world, { name: "first" });
    await first.call("add", { id: "a", text: "word1" });
    const second = await serve(world, { name: "second" });
    const locked = { code: "data-locked", message: new RegExp(`${folderOf(world)} is in use by another process \\(pid ${first.server.pid}\\). Give one of the two tools another .folder:. in tools.yaml`) };
    assert.match((await state(second.client, ({ state }) => state === "error")).reason ?? "", locked.message);
    await second.server.line((line) => line.includes("data-locked") && line.includes(`pid ${first.server.pid}`));
    for (const cmd of ["collections", "count"]) await assert.rejects(second.call(cmd), locked);
    await assert.rejects(second.call("search", { query: "word1" }), locked);
    await first.call("add", { id: "b", text: "word2" });
    assert.equal((await first.hits({ query: "word2", mode: "text", k: 1 }))[0]?.id, "b");
    await first.end("SIGKILL");
    rmSync(upstreamOf(world, "first"));
    assert.equal((await second.hits({ query: "word2", mode: "text", k: 1 }))[0]?.id, "b");
    assert.deepEqual((await state(second.client, ({ state }) => state === "idle")).reason, undefined);
    await second.end();
  });
});

describe("two tools of tools.yaml with one folder", () => {
  const world = makeWorld();
  after(() => world.close());

  it("the one that comes first has it, the other says so in its state, and has it when the first is stopped", async () => {
    const folder = folderOf(world);
    const daemon = await startDaemon(world, `${QUICK}tools:\n  one: {server: vector, folder: ${folder}}\n`);
    const one = await connected(world, daemon, "one");
    await one.call("add", { id: "a", text: "word1" });
    configure(world, `${QUICK}tools:\n  one: {server: vector, folder: ${folder}}\n  two: {server: vector, folder: ${folder}}\n`);
    const { pid } = await daemon.ready("one");
    const entry = await daemon.until("two", ({ state }) => state === "error");
    assert.match(entry.reason ?? "", new RegExp(`is in use by another process \\(pid ${pid}\\)`));
    const two = await connected(world, daemon, "two");
    await assert.rejects(two.call("count"), { code: "data-locked" });
    assert.equal((await one.call("count"))["count"], 1);
    await daemon.call("stop", { tool: "one" });
    assert.equal((await two.call("count"))["count"], 1);
    await daemon.until("two", ({ state }) => state === "idle");
    await Promise.all([one.client.close(), two.client.close()]);
    await daemon.stop();
  });
});

describe("a change of a vector tool's settings that needs another process", () => {
  const world = makeWorld();
  const texts = join(world.folder, "texts");
  const yaml = (durable: boolean): string => `defaults: {timeouts: {drain: 2s, stop: 1s, kill: 1s}}\ntools:\n  v: {server: vector, folder: ${folderOf(world)}, durable: ${durable}}\n`;
  after(() => world.close());

  it("loses no request, keeps all that was acknowledged, and goes on following", async () => {
    mkdirSync(texts);
    writeFileSync(join(texts, "a.txt"), "before");
    const daemon = await startDaemon(world, yaml(true));
    const { pid: old } = await daemon.ready("v");
    const { client, call, rows, hits } = await connected(world, daemon, "v");
    await call("index", { path: texts, collection: "files", follow: true });
    const raw = rawClient(world, "v", process.ppid);
    await raw.subscribe();
    const over = new AbortController();
    const told: string[] = [];
    const adding = async (from: string): Promise<void> => {
      for (let n = 0; !over.signal.aborted; n++) told.push(String((await call("add", { id: `${from}${n}`, text: `word${n}` }))["id"]));
    };
    const addingMany = async (): Promise<void> => {
      for (let n = 0; !over.signal.aborted; n++) {
        const items = Array.from({ length: 300 }, (_, i) => ({ id: `many${n}-${i}`, text: `word${i}` }));
        for await (const { ids } of client.stream("add_many", { items }, { timeout: 60_000 })) told.push(...((ids as string[] | undefined) ?? []));
      }
    };
    const addingRaw = async (): Promise<void> => {
      for (let n = 0; !over.signal.aborted; n++) {
        raw.send({ cmd: "add", id: `raw${n}`, text: `word${n}`, req_id: n });
        const answer = await raw.next(({ req_id, event }) => req_id === n && (event === "added" || event === "error"));
        assert.equal(answer["event"], "added", JSON.stringify(answer));
        told.push(`raw${n}`);
      }
    };
    const searching = async (): Promise<void> => {
      while (!over.signal.aborted) await hits({ query: "word1", k: 1 });
    };
    const load = Promise.all([adding("a"), adding("b"), addingMany(), addingRaw(), searching()]);
    // It takes longer than the worker that has begun it is left.
    const large = join(world.folder, "large");
    mkdirSync(large);
    for (let file = 0; file < 800; file++) writeFileSync(join(large, `${file}.txt`), `word${file} of a file\n\n`.repeat(200));
    const indexing = client.call("index", { path: large, collection: "large" }, { timeout: PATIENCE_MS, idempotent: true });
    let pid = old;
    for (const durable of [false, true]) {
      configure(world, yaml(durable));
      const next = await Promise.race([daemon.until("v", (entry) => entry.phase === "ready" && entry.pid !== pid && entry.beside === undefined), load.then(() => assert.fail("the load has ended"))]);
      assert.notEqual(next.state, "error", next.reason ?? "");
      pid = next.pid!;
      const before = told.length;
      await Promise.race([load, new Promise<void>((resolve) => setTimeout(resolve, 20))]);
      while (told.length < before + 50) await hits({ query: "word1", k: 1 });
    }
    over.abort();
    await load;
    const { files, passages } = await indexing;
    assert.equal(files, 800);
    assert.ok(Number((await call("count", { collection: "large" }))["count"]) >= Number(passages));
    const there = new Set((await rows("default")).map(({ id }) => id));
    assert.deepEqual(told.filter((id) => !there.has(id)), []);
    const taken = daemonLog(join(logsOf(world), "v.log")).next(({ msg }) => msg === "took in what has changed");
    writeFileSync(join(texts, "b.txt"), "marigold");
    await taken;
    assert.equal((await hits({ collection: "files", query: "marigold", mode: "text" })).length, 1);
    raw.close();
    await client.close();
    await daemon.stop();
  });
});
