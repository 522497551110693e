import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, test, type TestContext } from "node:test";
import { ToolClient, ToolError, type ToolEvent } from "../../pipes/client.ts";
import { removeFifo } from "../../pipes/transport/fifo.ts";
import { makeWorld, upstreamOf } from "../harness.ts";
import { killPython, runPython, type Script, startPythonServer } from "./python.ts";

// Ours against upstream's, in both directions and both dialects.
const world = makeWorld();
after(async () => {
  await killPython();
  await world.close();
});
const CHAT = "test/fixtures/servers/chat.ts";
const prompt = JSON.stringify({ messages: [{ role: "user", content: "grüß dich, Welt" }] });
const python = async (script: Script, ...args: string[]): Promise<string> => {
  const done = await runPython(world.pipes, script, ...args);
  assert.deepEqual({ code: done.code, stderr: done.stderr }, { code: 0, stderr: "" });
  return done.stdout;
};
const serve = async (t: TestContext, program: string, name: string): Promise<void> => {
  const server = await world.serve(program, name);
  t.after(() => server.kill());
};
const connect = (name: string): Promise<ToolClient> => ToolClient.connect(name, { folder: world.pipes });
const bare = ({ req_id: _id, ...event }: ToolEvent): object => event;

test("upstream's cpipe prints our answers as it prints upstream's own", async (t) => {
  await serve(t, "servers/echo/main.ts", "echo");
  assert.equal(await python("cpipe.py", "echo", "ping"), "pong\n");
  assert.equal(await python("cpipe.py", upstreamOf(world, "echo"), "get_state"), "idle\n");
  assert.equal(await python("cpipe.py", "echo", "status"), "idle\n");
  assert.equal(await python("cpipe.py", "echo", "description"), "says back what it is told\n");
  assert.equal(await python("cpipe.py", "echo", "list_interfaces"), '["base", "echo"]\n');
  assert.equal(await python("cpipe.py", "echo", "echo", "--data", "plain text"), "plain text\n");
  assert.equal(await python("cpipe.py", "echo", "count", "--data", '{"to": 3}'), "1\n2\n3\n\n");
  assert.equal(await python("cpipe.py", "echo", "nonsense"), "unknown command 'nonsense'\n");
  assert.equal(await python("cpipe.py", "echo", "echo", "--no-wait"), "");
});

test("upstream's cpipe prints our chat's stream, although the state changes on the way", async (t) => {
  await serve(t, CHAT, "chat");
  for (const cmd of ["chat", "chat_blocking"]) assert.equal(await python("cpipe.py", "chat", cmd, "--data", prompt), "You said: grüß dich, Welt\n");
  const both = await Promise.all([1, 2, 3, 4].map(() => python("cpipe.py", "chat", "chat", "--data", prompt)));
  assert.deepEqual(new Set(both), new Set(["You said: grüß dich, Welt\n"]), "also while others are answered");
});

test("the first README's client works against our chat", async (t) => {
  await serve(t, CHAT, "chat");
  assert.equal(await python("chat_client.py", "chat", "hello there"), "You said: hello there\n");
});

test("upstream's ToolClient gets exactly upstream's fields, and its req_id back", async (t) => {
  await serve(t, CHAT, "chat");
  const messages = [{ role: "user", content: "ho" }];
  const said = await python("session.py", "chat", ...[{ cmd: "chat", messages, req_id: 1 }, { cmd: "chat_blocking", messages }, { cmd: "chat", req_id: "x" }].map((request) => JSON.stringify(request)));
  const lines = said.split("\n").filter(Boolean).map((line) => JSON.parse(line) as { event: string });
  assert.deepEqual(
    lines.filter((line) => line.event !== "state_changed"),
    [
      ...["You", " said:", " ho"].map((text) => ({ event: "token", text, done: false, result: text, req_id: 1 })),
      { event: "token", text: "", done: true, result: "", req_id: 1 },
      { event: "reply", text: "You said: ho" },
      { event: "error", message: "invalid request: $.messages: expected object[], got nothing", req_id: "x", cmd: "chat" },
    ],
  );
});

test("upstream's stop ends our server", async () => {
  const server = await world.serve("servers/echo/main.ts", "echo");
  assert.equal(await python("cpipe.py", "echo", "stop"), "stopping\n");
  assert.deepEqual(await server.ended, { code: 0, signal: null });
  assert.equal(existsSync(upstreamOf(world, "echo")), false);
});

for (const dialect of ["new", "old"]) {
  test(`${dialect}: our client drives upstream's chat, stream and whole, several at once`, async () => {
    const server = await startPythonServer(world.pipes, "chat_server.py", "chat", "--dialect", dialect);
    const client = await connect("chat");
    const messages = [{ role: "user", content: "to and fro" }];
    const parts: string[] = [];
    for await (const { text } of client.stream("chat", { messages })) if (typeof text === "string") parts.push(text);
    assert.equal(parts.join(""), "You said: to and fro");
    assert.equal((await client.call("chat_blocking", { messages }))["text"], "You said: to and fro");
    if (dialect === "new") {
      const several = await Promise.all(["a", "b", "c"].map((content) => client.call("chat_blocking", { messages: [{ role: "user", content }] })));
      assert.deepEqual(several.map((event) => event["text"]), ["You said: a", "You said: b", "You said: c"]);
    }
    await client.close();
    await server.kill();
  });

  test(`${dialect}: our client drives upstream's echo, errors included, and notices its death at once`, async () => {
    const server = await startPythonServer(world.pipes, "echo_server.py", "peer", "--dialect", dialect);
    const client = await ToolClient.connect("peer", { folder: world.pipes, reconnect: false });
    assert.deepEqual(bare(await client.call("ping")), dialect === "new" ? { event: "pong" } : { event: "reply", text: "pong" });
    assert.equal((await client.call("echo", { text: "x\r\ny €" }))["text"], "x\r\ny €");
    if (dialect === "new") await assert.rejects(client.call("nonsense"), (error) => error instanceof ToolError && error.message === "unknown command 'nonsense'");
    else assert.equal((await client.call("nonsense"))["message"], "unknown command 'nonsense'");
    const lost = new Promise((resolve) => client.once("lost", resolve));
    await server.kill("SIGKILL");
    await lost;
    await assert.rejects(client.call("ping"), { code: "interrupted" });
    await client.close();
    removeFifo(upstreamOf(world, "peer")); // a killed Python server leaves its FIFO
  });
}

test("upstream's ToolClient and cpipe use our vector server", async (t) => {
  await serve(t, "servers/vector/main.ts", "vector");
  const requests = [
    { cmd: "add", id: "a", text: "Tomatoes want sun", metadata: { bed: 2 }, req_id: 1 },
    { cmd: "add_many", items: [{ id: "b", text: "Leeks want patience" }, { id: "c", text: "grüne Bohnen" }], req_id: 2 },
    { cmd: "search", query: "tomato", k: 1, filter: { bed: { $gte: 2 } } },
    { cmd: "search", k: 0, query: "x" },
    { cmd: "delete", id: "a" },
  ];
  const said = await python("session.py", "vector", ...requests.map((request) => JSON.stringify(request)));
  const events = said.split("\n").filter(Boolean).map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ event }) => event !== "state_changed");
  const [hits] = events.flatMap((event) => (event["event"] === "hits" ? [event["hits"] as Array<Record<string, unknown>>] : []));
  assert.deepEqual(events.filter(({ event }) => event !== "hits" && event !== "error"), [
    { event: "added", id: "a", req_id: 1 },
    { event: "added", ids: ["b", "c"], done: false, req_id: 2 },
    { event: "added", count: 2, done: true, req_id: 2 },
    { event: "deleted", count: 1 },
  ]);
  assert.deepEqual(hits?.map(({ id, text, metadata, words }) => ({ id, text, metadata, words })), [{ id: "a", text: "Tomatoes want sun", metadata: { bed: 2 }, words: ["Tomatoes"] }]);
  assert.match(String(events.find(({ event }) => event === "error")?.["message"]), /\$\.k: expected >= 1, got number 0/);
  assert.equal(await python("cpipe.py", "vector", "add", "--data", JSON.stringify({ id: "d", text: "Kohl" })), "d\n");
  assert.equal(await python("cpipe.py", "vector", "count"), "3\n");
});
