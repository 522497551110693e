import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ToolClient } from "../../../pipes/client.ts";
import { startDaemon, QUICK, type Supervised } from "../../daemon/daemon.ts";
import { makeWorld, root } from "../../harness.ts";
import { dataOf, names, openSession, type Session, textOf } from "./session.ts";

const TOOLS = [
  "echo: {server: echo}",
  "chat: {server: chat, model: builtin, threads: 1}",
  "vector: {server: vector}",
  `library: {module: ${join(root, "test/fixtures/servers/library.ts")}, keep: on-demand, description: Looks things up}`,
  "spare: {server: chat, model: builtin, autostart: false}",
  "lazy: {server: vector, keep: on-demand}",
  "parrot: {server: echo, autostart: false}",
];

describe("cpipe --mcp, asked by the official client", () => {
  const world = makeWorld();
  let daemon: Supervised;
  let session: Session;
  before(async () => {
    daemon = await startDaemon(world, `${QUICK}tools:\n${TOOLS.map((tool) => `  ${tool}\n`).join("")}`);
    await Promise.all(["echo", "chat", "vector"].map((name) => daemon.ready(name)));
    session = await openSession(world.env, world.folder);
  });
  after(async () => {
    await session.close();
    assert.equal(session.stderr(), "");
    await daemon.stop();
    await world.close();
  });

  test("lists every tool's commands with schemas, and wakes nobody for it", async () => {
    const tools = await session.list();
    const byName = new Map(tools.map((tool) => [tool.name, tool]));
    const ask = byName.get("chat_ask");
    assert.equal(ask?.inputSchema.type, "object");
    assert.deepEqual(ask?.inputSchema.properties?.["data"], { type: "string", description: "the prompt" });
    assert.match(ask?.description ?? "", /^Ask one thing.*\(chat: /);
    assert.equal(ask?.annotations?.idempotentHint, true);
    assert.deepEqual(byName.get("echo_count")?.inputSchema.required, ["to"]);
    assert.deepEqual(byName.get("echo_count")?.inputSchema.properties?.["to"], { type: "integer", minimum: 1, description: "the last number" }, "the schema, not the words of the registry");
    assert.equal(byName.get("vector_search")?.annotations?.readOnlyHint, true);
    assert.ok(byName.has("spare_ask"), "a built-in tool that has not run yet is known all the same");
    assert.ok(byName.has("supervisor_list") && byName.has("supervisor_logs"));
    for (const name of ["supervisor_watch", "supervisor_upgrade", "chat_ping", "chat_stop", "echo_subscribe"]) assert.ok(!byName.has(name), name);
    assert.deepEqual(byName.get("supervisor_stop")?.inputSchema.required, ["tool"], "an agent does not stop the daemon by leaving something out");
    for (const { name } of tools) assert.match(name, /^[A-Za-z0-9_-]{1,47}$/);
    const phases = Object.fromEntries((await daemon.list()).map(({ name, phase }) => [name, phase]));
    assert.deepEqual([phases["library"], phases["lazy"], phases["spare"]], ["resting", "resting", "down"]);
  });

  test("gives a text as text, and what is no text as JSON twice over", async () => {
    assert.deepEqual(await session.call("echo_count", { to: 3 }), { content: [{ type: "text", text: "1\n2\n3\n" }] });
    const echoed = await session.call("echo_echo", { data: { a: [1, 2] } });
    assert.deepEqual(echoed.structuredContent, { data: { a: [1, 2] } });
    assert.deepEqual(JSON.parse(textOf(echoed)), echoed.structuredContent);
    const answered = await session.call("chat_ask", { data: "hello" });
    assert.match(textOf(answered), /named pipe/);
    assert.equal(answered.structuredContent, undefined);
    const listed = await session.call("supervisor_list");
    const tools = dataOf(listed)["tools"] as Array<Record<string, unknown>>;
    assert.deepEqual(tools.map(({ name }) => name), ["echo", "chat", "vector", "library", "spare", "lazy", "parrot"]);
    assert.ok(!tools.some((tool) => "interfaces" in tool));
    const logs = await session.call("supervisor_logs", { lines: 2 });
    assert.equal((dataOf(logs)["parts"] as unknown[]).length, 2);
  });

  test("indexes and searches a folder that is named as it is seen from the session's", async () => {
    writeFileSync(join(world.folder, "notes.md"), "# Bread\n\nKnead the dough for ten minutes.\n");
    const indexed = await session.call("vector_index", { path: "notes.md", collection: "notes" });
    assert.equal(indexed.isError, undefined, textOf(indexed));
    const found = await session.call("vector_search", { query: "how long to knead dough", collection: "notes" });
    const [hit] = dataOf(found)["hits"] as Array<{ metadata: { path: string } }>;
    assert.equal(hit?.metadata.path, join(world.folder, "notes.md"));
  });

  test("tells a stream as it comes, where the client has asked for progress", async () => {
    const heard: Array<{ progress: number; message?: string }> = [];
    let first: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (first = resolve));
    let over = false;
    const counted = session.call("echo_count", { to: 5, delay: 60 }, { onprogress: ({ progress, message }) => (heard.push({ progress, ...(message === undefined ? {} : { message }) }), first()) });
    void counted.then(() => (over = true));
    await begun;
    assert.equal(over, false);
    assert.equal(textOf(await counted), "1\n2\n3\n4\n5\n");
    assert.equal(heard.map(({ message }) => message).join(""), "1\n2\n3\n4\n5\n");
    assert.deepEqual(heard.map(({ progress }) => progress), heard.map((_, index) => index + 1));
  });

  test("a cancelled call stops the model", async () => {
    const chat = await ToolClient.connect("chat", { folder: world.pipes });
    const leave = new AbortController();
    let first: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (first = resolve));
    const states: unknown[] = [];
    chat.on("state_changed", ({ state }: { state: string }) => states.push(state));
    const endless = session.call("chat_ask", { data: "count forever" }, { signal: leave.signal, onprogress: () => first() });
    await begun;
    const idle = once(chat, "state_changed");
    assert.equal((await chat.call("get_state"))["state"], "inferring");
    leave.abort("enough");
    await assert.rejects(endless, /enough/);
    await idle;
    assert.equal((await chat.call("get_state"))["state"], "idle");
    await chat.close();
  });

  test("starts a tool that rests by the first call", async () => {
    const collections = await session.call("lazy_collections");
    assert.deepEqual(collections.structuredContent, { collections: [] });
    await daemon.ready("lazy");
  });

  test("lists the commands of a tool of one's own from its first run on", async () => {
    assert.ok(!names(await session.list()).some((name) => name.startsWith("library_")), "nobody knows the commands of a module that has never run");
    const waking = await ToolClient.connect("library", { folder: world.pipes });
    await waking.call("ping");
    await waking.close();
    const tools = await session.listed((listed) => names(listed).some((name) => name.startsWith("library_")));
    assert.match(tools.find(({ name }) => name.startsWith("library_"))?.description ?? "", /Looks things up/);
  });

  test("failures are results with the sentence and the code", async () => {
    const wrong = await session.call("echo_count", { to: 0 });
    assert.equal(wrong.isError, true);
    assert.match(textOf(wrong), /\$\.to: expected .* \(invalid-request\)/);
    assert.equal((dataOf(wrong)["error"] as { code: string }).code, "invalid-request");
    const down = await session.call("spare_ask", { data: "x" });
    assert.match(textOf(down), /spare is down.*supervisor start spare.*\(not-ready\)/);
    const unnamed = await session.call("supervisor_stop");
    assert.match(textOf(unnamed), /\$\.tool: expected string, got nothing \(invalid-request\)/);
    await assert.rejects(session.call("ehco_echo"), /there is no tool 'ehco_echo'. Did you mean 'echo_echo'/);
  });

  test("starts and stops tools for the agent", async () => {
    assert.equal((await session.call("supervisor_start", { tool: "parrot" })).isError, undefined);
    await session.listed((tools) => names(tools).includes("parrot_echo"));
    assert.equal(textOf(await session.call("parrot_echo", { data: "hello" })), "hello");
    assert.equal((await session.call("supervisor_stop", { tool: "parrot" })).isError, undefined);
  });

  test("says nothing of states, and tells of tools that come, go and change", async () => {
    await session.list();
    const before = session.changes();
    for (let n = 0; n < 3; n++) await session.call("chat_ask", { data: "hello" });
    assert.equal(session.changes(), before);
    const config = join(world.env["XDG_CONFIG_HOME"] ?? "", "pipe-tools/tools.yaml");
    const text = readFileSync(config, "utf8");
    const come = session.listed((tools) => names(tools).includes("finch_echo"));
    writeFileSync(config, `${text}  finch: {server: echo, description: Says it twice}\n`);
    assert.match((await come).find(({ name }) => name === "finch_echo")?.description ?? "", /Says it twice/);
    assert.equal(textOf(await session.call("finch_echo", { data: "hi" })), "hi");
    const gone = session.listed((tools) => !names(tools).includes("finch_echo"));
    writeFileSync(config, text);
    await gone;
    assert.ok(session.changes() >= before + 2);
  });
});
