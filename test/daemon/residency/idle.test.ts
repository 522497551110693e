import assert from "node:assert/strict";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { ToolClient } from "../../../pipes/client/tool-client.ts";
import type { RegistryEntry } from "../../../pipes/protocol/registry.ts";
import { makeWorld, root } from "../../harness.ts";
import { QUICK, startDaemon, type Supervised, workersOf } from "../daemon.ts";

const sleeper = join(root, "test/fixtures/tools/sleeper.mjs");
const yaml = (...tools: string[]): string => `${QUICK}tools:\n${tools.map((line) => `  ${line}\n`).join("")}`;
const entryOf = (event: unknown): RegistryEntry => (event as { tool: RegistryEntry }).tool;

describe("a tool that is idle", () => {
  const world = makeWorld();
  after(() => world.close());
  let daemon: Supervised;

  it("is ended when it can let go of nothing by itself, and started again by the next request", async () => {
    daemon = await startDaemon(world, yaml(`a: {module: ${sleeper}, keep: {idle: 1s}}`, `later: {module: ${sleeper}, keep: {idle: 1s, preload: false}}`));
    assert.equal((await daemon.until("later", () => true)).phase, "resting");
    const { pid } = await daemon.ready("a");
    const resting = await daemon.until("a", ({ phase }) => phase === "resting");
    assert.deepEqual([resting.pid, resting.reason, resting.memory], [null, "nothing was asked of it for 1 s", null]);
    const client = await ToolClient.connect("a", { folder: world.pipes });
    const answer = await client.call("who");
    const woken = await daemon.ready("a");
    assert.notEqual(woken.pid, pid);
    assert.deepEqual([answer["process"], woken.restarts, woken.deaths], [woken.pid, 0, []]);
    await client.close();
  });

  it("is left running while a client is connected, which would start it again at once", async () => {
    const client = await ToolClient.connect("later", { folder: world.pipes });
    const { pid } = await daemon.ready("later");
    await daemon.until("a", ({ phase }) => phase === "resting");
    await assert.rejects(daemon.call("release", { tool: "later" }), { code: "unsupported", message: "later cannot be released while a client is connected. They would start it again at once" });
    assert.equal((await daemon.ready("later")).pid, pid);
    await client.close();
    await daemon.until("later", ({ phase }) => phase === "resting");
  });

  it("rests on when the daemon crashes, for the next one, too", async () => {
    await daemon.until("a", ({ phase }) => phase === "resting");
    await daemon.settled((registry) => registry.tools["a"]?.phase === "resting");
    await daemon.crash();
    daemon = await startDaemon(world, null);
    assert.equal((await daemon.until("a", () => true)).phase, "resting");
    assert.deepEqual(workersOf(world), []);
    const client = await ToolClient.connect("a", { folder: world.pipes });
    assert.equal((await client.call("who"))["process"], (await daemon.ready("a")).pid);
    await client.close();
  });

  it("is released when a person asks for it, and not while it is at work", async () => {
    const client = await ToolClient.connect("a", { folder: world.pipes });
    await client.call("who");
    const holding = client.call("hold").catch((error: unknown) => error);
    await assert.rejects(daemon.call("release", { tool: "a" }), { code: "busy" });
    await client.close();
    await holding;
    const released = await (async () => {
      for (;;) {
        try {
          return await daemon.call("release", { tool: "a" });
        } catch (error) {
          if (!["busy", "unsupported"].includes((error as { code: string }).code)) throw error; // the client's good-bye is on its way
        }
      }
    })();
    assert.equal(entryOf(released).phase, "resting");
    await daemon.stop();
  });
});

describe("a chat that is idle", () => {
  const world = makeWorld();
  after(() => world.close());

  it("lets go of its model and stays, and loads it again for the next request, which is told so", async () => {
    const daemon = await startDaemon(world, yaml("chat: {server: chat, model: builtin, threads: 1, keep: {idle: 1s}}"));
    const loaded = await daemon.until("chat", ({ state, memory }) => state === "idle" && memory !== null);
    const client = await ToolClient.connect("chat", { folder: world.pipes });
    const released = await daemon.until("chat", ({ state, memory }) => state === "released" && memory !== null && memory < (loaded.memory ?? 0));
    assert.deepEqual([released.phase, released.pid], ["ready", loaded.pid]);
    assert.equal((await client.call("ping")).event, "pong");
    assert.equal((await client.call("get_state"))["state"], "released");
    const news: unknown[] = [];
    let text = "";
    for await (const event of client.stream("ask", { prompt: "Hello" }, { onInterim: (event) => news.push(event["reason"] ?? event["stage"]) })) text += event["text"] as string;
    assert.match(text, /stand-in of pipe-tools/);
    assert.ok(news.includes("the model was released from memory and is loaded again"), news.join());
    assert.ok(news.includes("loading"), news.join());
    assert.deepEqual([(await daemon.ready("chat")).pid, (await daemon.ready("chat")).restarts], [loaded.pid, 0]);
    await daemon.until("chat", ({ state, memory }) => state === "released" && (memory ?? 0) < (loaded.memory ?? 0));
    await client.close();
    await daemon.stop();
  });
});
