import assert from "node:assert/strict";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ToolClient } from "../../pipes/client/tool-client.ts";
import type { ToolChange } from "../../pipes/protocol/change.ts";
import type { ToolEvent } from "../../pipes/protocol/messages.ts";
import { configOf, configure, pidsOf, QUICK, startDaemon, type Supervised } from "./daemon.ts";
import { makeWorld, root, type World } from "../harness.ts";

const pliant = join(root, "test/fixtures/tools/pliant.mjs");
const slow = join(root, "test/fixtures/tools/slow.mjs");

async function ask(world: World, tool: string, cmd: string, args: object = {}): Promise<ToolEvent> {
  const client = await ToolClient.connect(tool, { folder: world.pipes });
  try {
    return await client.call(cmd, args, { timeout: 60_000 });
  } finally {
    await client.close();
  }
}

/** Saves it, and resolves with what has come of the one change that it makes. */
async function apply(world: World, daemon: Supervised, yaml: string): Promise<ToolChange> {
  const told = daemon.log.next(({ msg }) => /^the change is (not )?in force$/.test(String(msg)));
  configure(world, yaml);
  const { tool, kind, fields, outcome, reason } = await told;
  return { name: tool, kind, fields, outcome, reason } as ToolChange;
}

describe("a chat server that runs", () => {
  const world = makeWorld();
  let daemon: Supervised;
  const chat = (more: string): string => `${QUICK}tools:\n  chat: {server: chat, seed: 1, parallel: 1, threads: 1${more}}\n`;
  before(async () => {
    daemon = await startDaemon(world, chat(", description: Talks"));
    await daemon.until("chat", ({ phase, state }) => phase === "ready" && state === "idle");
  });
  after(async () => {
    await daemon.stop();
    await world.close();
  });

  it("answers the next request by a changed setting, in the same process", async () => {
    const { pid } = await daemon.ready("chat");
    const long = await ask(world, "chat", "chat_blocking", { messages: [{ role: "user", content: "Hello" }] });
    assert.ok((long["tokens"] as { reply: number }).reply > 3, JSON.stringify(long));
    const change = await apply(world, daemon, chat(", description: Talks, temperature: 0, maxTokens: 3"));
    assert.deepEqual(change, { name: "chat", kind: "live", fields: ["settings.temperature", "settings.maxTokens"], outcome: "done", reason: null });
    const short = await ask(world, "chat", "chat_blocking", { messages: [{ role: "user", content: "Hello" }] });
    assert.equal((short["tokens"] as { reply: number }).reply, 3);
    assert.equal((await ask(world, "chat", "get_config"))["temperature"], 0);
    const entry = await daemon.ready("chat");
    assert.equal(entry.pid, pid);
    assert.equal(entry.restarts, 0);
  });

  it("tells a changed description itself, and its own when tools.yaml has none any more", async () => {
    const { pid, specHash } = await daemon.ready("chat");
    await apply(world, daemon, chat(", description: Chatters, temperature: 0, maxTokens: 3"));
    assert.equal((await ask(world, "chat", "get_description"))["description"], "Chatters");
    await apply(world, daemon, chat(", temperature: 0, maxTokens: 3"));
    assert.equal((await ask(world, "chat", "get_description"))["description"], "Talk to a language model");
    const entry = await daemon.until("chat", ({ description }) => description === "Talk to a language model");
    assert.equal(entry.pid, pid);
    assert.equal(entry.specHash, specHash, "a description is no part of what another daemon would replace it for");
  });

  it("gets another process for what the engine was loaded by", async () => {
    const { pid, specHash } = await daemon.ready("chat");
    const change = await apply(world, daemon, chat(", contextSize: 512"));
    assert.deepEqual([change.kind, change.outcome], ["recreated", "done"]);
    const entry = await daemon.until("chat", ({ phase, pid: now }) => phase === "ready" && now !== pid);
    assert.notEqual(entry.specHash, specHash);
    assert.equal((await ask(world, "chat", "get_config"))["contextSize"], 512);
  });
});

describe("a change that does not work", () => {
  it("is rolled back, and that is told to whoever asks for a reload, in the list, in the terminal and in the log", async () => {
    const world = makeWorld();
    const chat = (more: string): string => `${QUICK}tools:\n  chat: {server: chat, parallel: 1, threads: 1${more}}\n`;
    const daemon = await startDaemon(world, chat(""));
    const { pid } = await daemon.until("chat", ({ phase, state }) => phase === "ready" && state === "idle");
    const logged = daemon.log.next(({ msg }) => msg === "the change is not in force");
    configure(world, chat(", model: /nowhere/model.gguf"));
    const { changes } = (await daemon.call("reload")) as unknown as { changes: ToolChange[] };
    // Where the watch was faster, and all was over before we asked, there is nothing left to be told.
    for (const change of changes) assert.deepEqual([change.name, change.kind, change.fields, change.outcome], ["chat", "recreated", ["settings.model"], "rolled back"]);
    const { outcome, reason } = await logged;
    assert.equal(outcome, "rolled back");
    assert.match(String(reason), /\/nowhere\/model\.gguf does not exist/);
    await daemon.running.line((line) => line.startsWith("chat: the change in tools.yaml was rolled back: "));
    const entry = await daemon.until("chat", ({ phase, state, model }) => phase === "ready" && state === "idle" && model === "builtin");
    assert.match(entry.reason ?? "", /\/nowhere\/model\.gguf does not exist/);
    assert.ok(entry.pid !== null && pid !== null);
    assert.match((await ask(world, "chat", "ask", { prompt: "Hello" })).event, /token|reply/);
    await daemon.stop();
    await world.close();
  });
});

describe("a program of the user's own", () => {
  const world = makeWorld();
  let daemon: Supervised;
  const yaml = (colour: string, load = 1): string => `${QUICK}tools:\n  pliant: {module: ${pliant}, settings: {colour: ${colour}}}\n  slow: {module: ${slow}, settings: {wait: ${load}}}\n`;
  before(async () => {
    daemon = await startDaemon(world, yaml("red"));
    await daemon.ready("pliant");
    await daemon.ready("slow");
  });
  after(async () => {
    await daemon.stop();
    await world.close();
  });

  it("takes over the settings that it takes while it runs, and is known by them from then on", async () => {
    const { pid, specHash } = await daemon.ready("pliant");
    const change = await apply(world, daemon, yaml("blue"));
    assert.deepEqual(change, { name: "pliant", kind: "live", fields: ["settings.colour"], outcome: "done", reason: null });
    assert.deepEqual((await ask(world, "pliant", "told"))["settings"], { colour: "blue" });
    const entry = await daemon.ready("pliant");
    assert.equal(entry.pid, pid);
    assert.notEqual(entry.specHash, specHash);
  });

  it("gets another process when it refuses them, and that is said", async () => {
    const { pid } = await daemon.ready("pliant");
    const change = await apply(world, daemon, yaml("octarine"));
    assert.deepEqual([change.kind, change.outcome], ["recreated", "done"]);
    assert.match(change.reason ?? "", /not while it ran: .*there is no such colour/);
    const entry = await daemon.until("pliant", ({ phase, pid: now }) => phase === "ready" && now !== pid);
    assert.deepEqual((await ask(world, "pliant", "told"))["settings"], { colour: "octarine" });
    assert.ok(entry.pid !== null);
  });

  it("gets another process when it does not know how", async () => {
    const { pid } = await daemon.ready("slow");
    const change = await apply(world, daemon, yaml("octarine", 2));
    assert.deepEqual([change.kind, change.outcome], ["recreated", "done"]);
    await daemon.until("slow", ({ phase, pid: now }) => phase === "ready" && now !== pid);
  });
});

describe("a dry run", () => {
  it("tells what another file would change, and changes nothing", async () => {
    const world = makeWorld();
    const daemon = await startDaemon(world, `${QUICK}tools:\n  a: {server: echo}\n  b: {server: echo}\n  c: {server: chat, autostart: false}\n`);
    await daemon.ready("a");
    await daemon.ready("b");
    const before = await pidsOf(daemon);
    assert.deepEqual((await daemon.call("reload", { dry_run: true }))["changes"], []);
    const other = join(world.folder, "other.yaml");
    writeFileSync(other, `${QUICK}tools:\n  a: {server: echo, description: new}\n  c: {server: chat, autostart: false, model: ./x.gguf, seed: 1}\n  d: {server: echo}\n`);
    const planned = await daemon.call("reload", { dry_run: true, file: other });
    assert.equal(planned["dry_run"], true);
    assert.deepEqual(planned["changes"], [
      { name: "b", kind: "removed", fields: [], outcome: "planned", reason: null },
      { name: "a", kind: "live", fields: ["description"], outcome: "planned", reason: null },
      { name: "c", kind: "recreated", fields: ["settings.model", "settings.seed"], outcome: "planned", reason: null },
      { name: "d", kind: "added", fields: [], outcome: "planned", reason: null },
    ]);
    assert.deepEqual(await pidsOf(daemon), before);
    writeFileSync(other, "tools:\n  a: {sevrer: echo}\n");
    await assert.rejects(daemon.call("reload", { dry_run: true, file: other }), { code: "invalid-config", message: /other\.yaml:2:7: .*sevrer/ });
    await assert.rejects(daemon.call("reload", { dry_run: true, file: "other.yaml" }), { code: "invalid-request", message: "invalid request: $.file: expected an absolute path, got other.yaml" });
    await assert.rejects(daemon.call("reload", { file: other }), { code: "invalid-request" });
    assert.deepEqual(daemon.registry().config.problems, []);
    assert.deepEqual(await pidsOf(daemon), before);
    await daemon.stop();
    await world.close();
  });
});

describe("a tools.yaml that is deleted while the daemon runs", () => {
  it("stops no tool: it is told as what is wrong, until it is there again", async () => {
    const world = makeWorld();
    const yaml = `${QUICK}tools:\n  one: {server: echo}\n`;
    const daemon = await startDaemon(world, yaml);
    const { pid } = await daemon.ready("one");
    rmSync(configOf(world));
    const { config } = await daemon.settled(({ config: { problems } }) => problems.length > 0);
    assert.equal(config.path, configOf(world));
    assert.match(config.problems.join(), /there is no such file/);
    await assert.rejects(daemon.call("reload"), { code: "invalid-config" });
    assert.deepEqual(await pidsOf(daemon), { one: pid });
    configure(world, `${yaml}  two: {server: echo}\n`);
    await daemon.ready("two");
    await daemon.settled(({ config: { problems } }) => problems.length === 0);
    assert.equal((await daemon.ready("one")).pid, pid);
    assert.ok(existsSync(configOf(world)));
    await daemon.stop();
    await world.close();
  });
});
