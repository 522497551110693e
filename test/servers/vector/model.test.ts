import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { after, test, type TestContext } from "node:test";
import { ToolClient, type ToolEvent } from "../../../pipes/client.ts";
import { makeWorld, type Running } from "../../harness.ts";
import { standIn } from "./qdrant/stand-in/server.ts";
import { tinyModel } from "./embedders/llama/tiny.ts";

// The vector server with what its settings name: a model in a real llama.cpp, another one, none, or a server elsewhere.
const world = makeWorld();
after(() => world.close());
const tiny = join(world.folder, "tiny.gguf");
writeFileSync(tiny, tinyModel());
const wide = join(world.folder, "wide.gguf");
writeFileSync(wide, tinyModel({ name: "wide", dimensions: 256 }));

async function serve(t: TestContext, settings: object): Promise<{ server: Running; vector: ToolClient; states: string[] }> {
  const server = await world.serve("servers/vector/main.ts", "vector", { PIPE_TOOLS_SETTINGS: JSON.stringify(settings) });
  const vector = await ToolClient.connect("vector", { folder: world.pipes });
  const states: string[] = [];
  vector.on("state_changed", (event: ToolEvent) => states.push(String(event["state"])));
  t.after(async () => {
    await vector.close();
    await server.kill();
  });
  return { server, vector, states };
}

const found = async (vector: ToolClient, args: object): Promise<string[]> => ((await vector.call("search", args))["hits"] as { id: string }[]).map(({ id }) => id);

test("a model is loaded while the server answers, and finds what shares no order of words; the collection keeps to it", async (t) => {
  const { vector } = await serve(t, { model: tiny });
  // It is not there yet, and whoever needs it is told so.
  const news: ToolEvent[] = [];
  const onInterim = (event: ToolEvent): number => news.push(event);
  assert.equal((await vector.call("ping"))["event"], "pong");
  await vector.call("add_many", { items: [{ id: "a", text: "red house" }, { id: "b", text: "blue river" }, { id: "c", text: "green tree" }] }, { onInterim });
  assert.ok(news.some(({ event }) => event === "queued" || event === "progress"), JSON.stringify(news));
  assert.deepEqual(await found(vector, { query: "house red", mode: "vector", k: 1 }), ["a"]);
  const [facts] = (await vector.call("collections"))["collections"] as Array<Record<string, unknown>>;
  assert.match(String(facts?.["embedder"]), /^gguf:tiny:[0-9a-f]{8}$/);
  assert.equal(facts?.["dimensions"], 128);
  const { vector: of } = (await vector.call("get", { id: "a", vector: true })) as unknown as { vector: number[] };
  assert.ok(Math.abs(Math.hypot(...of) - 1) < 1e-5, "kept as it was made");
  assert.deepEqual((await vector.call("embed", { text: "red house" }))["vector"], (await vector.call("embed", { texts: ["red house"] }) as unknown as { vectors: number[][] }).vectors[0]);
});

test("another model is refused by both names, and what needs none still answers", async (t) => {
  const { vector } = await serve(t, { model: wide });
  const mismatch = /'default' has vectors of gguf:tiny:[0-9a-f]{8} \(128 dimensions\); gguf:wide:[0-9a-f]{8} cannot be compared/;
  await assert.rejects(vector.call("search", { query: "house" }), mismatch);
  await assert.rejects(vector.call("add", { text: "red fish" }), mismatch);
  assert.deepEqual(await found(vector, { query: "house", mode: "text" }), ["a"]);
  await vector.call("add", { text: "red fish", collection: "second" });
  assert.deepEqual(await found(vector, { query: "red fish", collection: "second", k: 1, mode: "vector" }).then((ids) => ids.length), 1);
});

test("a model that is not there is the server's state and every answer that needs it; words still find", async (t) => {
  const { vector } = await serve(t, { model: join(world.folder, "nowhere.gguf") });
  await assert.rejects(vector.call("search", { query: "house" }), { code: "model-missing" });
  const state = await vector.call("get_state");
  assert.equal(state["state"], "error");
  assert.match(String(state["reason"]), /nowhere\.gguf does not exist/);
  assert.deepEqual(await found(vector, { query: "house", mode: "text" }), ["a"]);
});

test("the engine's death is an answer, and the next request brings it back", async (t) => {
  const { server, vector } = await serve(t, { model: tiny });
  await vector.call("search", { query: "red house" });
  const { stdout } = spawnSync("pgrep", ["-P", String(server.pid)], { encoding: "utf8" });
  for (const pid of stdout.trim().split("\n")) process.kill(Number(pid), "SIGKILL");
  assert.deepEqual(await found(vector, { query: "river blue", mode: "vector", k: 1 }).catch((error: { code?: unknown }) => (error.code === "engine-died" ? found(vector, { query: "river blue", mode: "vector", k: 1 }) : Promise.reject(error as Error))), ["b"]);
});

test("weights reach the running server, another model needs another process", async (t) => {
  const { vector } = await serve(t, {});
  await vector.call("configure", { settings: { weights: { text: 0, vector: 1 } } });
  await assert.rejects(vector.call("configure", { settings: { model: tiny } }), /cannot take another .*model.* while it runs/);
});

test("with `uri` the same commands reach a Qdrant server, and a collection goes there with its vectors", async (t) => {
  await using remote = await standIn({ version: "1.10.0" });
  const path = join(world.folder, "out.jsonl");
  {
    const { vector } = await serve(t, { model: tiny });
    await vector.call("export", { path });
    await vector.close();
  }
  const there = await world.serve("servers/vector/main.ts", "remote", { PIPE_TOOLS_SETTINGS: JSON.stringify({ model: tiny, uri: remote.uri }) });
  const vector = await ToolClient.connect("remote", { folder: world.pipes });
  assert.equal((await vector.call("import", { path }))["count"], 3);
  assert.deepEqual(await found(vector, { query: "house red", k: 1 }), ["a"]);
  assert.deepEqual(await found(vector, { query: "house red", mode: "vector", k: 1 }), ["a"]);
  await vector.call("add", { id: "d", text: "stone bird", metadata: { n: 1 } });
  assert.deepEqual(await found(vector, { query: "bird", filter: { n: { $gte: 1 } } }), ["d"]);
  assert.equal((await vector.call("count"))["count"], 4);
  const [facts] = (await vector.call("collections"))["collections"] as Array<Record<string, unknown>>;
  assert.match(String(facts?.["embedder"]), /^gguf:tiny:/);
  await vector.close();
  await there.kill();
});
