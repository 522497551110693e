import assert from "node:assert/strict";
import { closeSync, existsSync } from "node:fs";
import { after, test, type TestContext } from "node:test";
import { ToolClient, ToolError } from "../../../pipes/client.ts";
import { fifoOf } from "../../../pipes/protocol/names.ts";
import { openPresentFifo, removeFifo } from "../../../pipes/transport/fifo.ts";
import { makeWorld, type Running, upstreamOf } from "../../harness.ts";
import { rawClient, writeLine } from "../../raw.ts";

// What becomes of requests when processes come and go.
const world = makeWorld();
after(() => world.close());
const ODD = "test/fixtures/servers/odd.ts";
const ECHO = "servers/echo/main.ts";

const serve = async (t: TestContext, program: string, name: string, env: NodeJS.ProcessEnv = {}): Promise<Running> => {
  const server = await world.serve(program, name, env);
  t.after(() => server.kill());
  return server;
};
const connect = async (t: TestContext, name: string, options: object = {}): Promise<ToolClient> => {
  const client = await ToolClient.connect(name, { folder: world.pipes, ...options });
  t.after(() => client.close());
  return client;
};
const logged = (server: Running, message: string): Promise<string> => server.line((line) => line.includes(`"msg":"${message}"`));
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    (value) => `answered: ${JSON.stringify(value)}`,
    (error: unknown) => (error instanceof ToolError ? error.code : String(error)),
  );

test("a client that is killed is noticed at once: its handler is told, others' pings go on", async (t) => {
  const server = await serve(t, ODD, "odd");
  const other = await connect(t, "odd");
  const dying = world.run("test/fixtures/clients/call.ts", ["odd", "wait"]);
  await logged(server, "waiting");
  await dying.kill("SIGKILL");
  await logged(server, "aborted");
  assert.equal((await other.call("ping")).event, "pong");
  // A killed client cannot remove its own pipes; the daemon's sweep does.
  for (const path of [fifoOf.downstream(world.pipes, "odd", dying.pid), fifoOf.lane(world.pipes, "odd", dying.pid)]) assert.ok(removeFifo(path));
});

test("a server that is killed is noticed by end of file: requests end as interrupted, long before any deadline", async (t) => {
  const server = await serve(t, ODD, "odd");
  const client = await connect(t, "odd", { reconnect: false });
  const lost = new Promise((resolve) => client.once("lost", resolve));
  const calls = [client.call("wait", {}, { timeout: Infinity }), client.call("wait", {}, { timeout: Infinity, idempotent: true })].map(codeOf);
  const stream = codeOf(client.stream("wait", {}, { timeout: Infinity }).next());
  await logged(server, "waiting");
  await server.kill("SIGKILL");
  await lost;
  assert.deepEqual(await Promise.all([...calls, stream]), ["interrupted", "interrupted", "interrupted"]);
  assert.equal(await codeOf(client.call("ping")), "interrupted");
  assert.throws(() => client.sendCommand("ping"), { code: "interrupted" });
  removeFifo(upstreamOf(world, "odd"));
});

test("the FIFO of a killed server is taken over by the next, and a client that went on finds it", async (t) => {
  const first = await serve(t, ECHO, "again");
  const client = await connect(t, "again");
  const closed = new Promise<ToolError>((resolve) => client.once("closed", resolve));
  await first.kill("SIGKILL");
  assert.ok(["no-such-tool", "interrupted"].includes((await closed).code));
  assert.ok(existsSync(upstreamOf(world, "again")), "a killed server leaves its FIFO");
  assert.equal(await codeOf(client.call("echo", { data: 1 })), "interrupted");
  const second = await serve(t, ECHO, "again");
  assert.equal((await client.call("echo", { data: 2 }))["data"], 2);
  assert.notEqual(second.pid, first.pid);
});

test("while the FIFO is held, a request that may be repeated outlives its server; one that may not ends as interrupted", async (t) => {
  const first = await serve(t, ODD, "held");
  const held = openPresentFifo(upstreamOf(world, "held"), "both");
  t.after(() => (closeSync(held), removeFifo(upstreamOf(world, "held"))));
  const client = await connect(t, "held");
  const restored = new Promise((resolve) => client.once("restored", resolve));
  const once = codeOf(client.call("wait"));
  const repeatable = codeOf(client.call("shape", { of: "text" }, { idempotent: true }));
  assert.equal(await repeatable, 'answered: {"event":"reply","text":"words","req_id":2}');
  await logged(first, "waiting");
  const waiting = client.call("wait", {}, { idempotent: true, timeout: Infinity });
  await client.call("ping");
  await first.kill("SIGKILL");
  assert.equal(await once, "interrupted");
  const between = client.call("shape", { of: "number" });
  const second = await serve(t, ODD, "held", { PIPE_TOOLS_SUPERVISED: "1" });
  await restored;
  assert.equal((await between)["value"], 5);
  await logged(second, "waiting");
  client.sendCommand("cancel", {});
  void waiting.catch(() => undefined);
  await client.close();
  assert.equal(await codeOf(waiting), "cancelled");
});

test("a stream that has begun is not begun again", async (t) => {
  const first = await serve(t, ECHO, "begun");
  const held = openPresentFifo(upstreamOf(world, "begun"), "both");
  t.after(() => (closeSync(held), removeFifo(upstreamOf(world, "begun"))));
  const client = await connect(t, "begun");
  const stream = client.stream("count", { to: 9, delay: 3_600_000 }, { idempotent: true, timeout: Infinity });
  assert.equal((await stream.next()).value?.text, "1\n");
  const rest = codeOf(stream.next());
  await first.kill("SIGKILL");
  assert.equal(await rest, "interrupted");
});

test("SIGTERM: requests under way are answered 'stopping', their handlers are told, and nothing is left behind", async (t) => {
  const server = await serve(t, ODD, "odd");
  const client = await connect(t, "odd", { reconnect: false });
  const states: unknown[] = [];
  client.on("state_changed", (event: { state: string }) => states.push(event.state));
  const waiting = codeOf(client.call("wait", {}, { timeout: Infinity }));
  await logged(server, "waiting");
  assert.deepEqual(await server.kill("SIGTERM"), { code: 0, signal: null });
  assert.equal(await waiting, "stopping");
  assert.deepEqual(states, ["stopping"]);
  assert.ok(server.log().some((entry) => entry["msg"] === "aborted" && entry["code"] === "stopping"));
  assert.equal(existsSync(upstreamOf(world, "odd")), false);
});

test("a second server of the same name refuses, names the first, and leaves it alone", async (t) => {
  const first = await serve(t, ECHO, "twin");
  for (const env of [{}, { PIPE_TOOLS_SUPERVISED: "1" }]) {
    const second = world.run(ECHO, [], { PIPE_TOOLS_TOOL: "twin", ...env });
    assert.equal((await second.ended).code, 125);
    assert.match(second.stderr(), /^twin: a server of 'twin' is already running.*\. Stop it with: cpipe twin stop\n$/);
    if (!("PIPE_TOOLS_SUPERVISED" in env)) assert.match(second.stderr(), new RegExp(`pid ${first.pid}`));
  }
  assert.equal((await (await connect(t, "twin")).call("ping")).event, "pong");
});

test("a client that never reads delays nobody, and is dropped past its bound with a line in the log", async (t) => {
  const server = await serve(t, ODD, "odd", { ODD_QUEUE: "200000" });
  const deaf = rawClient(world, "odd");
  t.after(() => deaf.close());
  await deaf.subscribe();
  deaf.pause();
  const other = world.run("test/fixtures/clients/call.ts", ["odd", "ping"]);
  for (let n = 0; n < 40; n++) deaf.send({ cmd: "big", size: 20_000 });
  assert.match(await other.line((line) => line.includes("pong")), /pong/);
  await other.ended;
  const entry = JSON.parse(await logged(server, "dropped a client that does not read its answers")) as Record<string, unknown>;
  assert.equal(entry["client"], process.pid);
  assert.ok(Number(entry["queuedBytes"]) > 200_000 && Number(entry["queuedBytes"]) < 400_000, String(entry["queuedBytes"]));
});

test("a client that stops reading in mid-stream is dropped when the time is up, and its stream with it", async (t) => {
  const server = await serve(t, ODD, "odd", { ODD_STALL: "300" });
  const deaf = rawClient(world, "odd");
  t.after(() => deaf.close());
  await deaf.subscribe();
  deaf.send({ cmd: "flood" });
  await deaf.next();
  deaf.pause();
  const entry = JSON.parse(await logged(server, "dropped a client that does not read its answers")) as Record<string, unknown>;
  assert.equal(entry["seconds"], 0.3);
});

test("eight clients that send 50 messages of 64 kB each at once get 400 answers, each whole", async (t) => {
  await serve(t, ECHO, "echo");
  const bursts = Array.from({ length: 8 }, () => world.run("test/fixtures/clients/burst.ts", ["echo", "50", "32768"]));
  const counts = await Promise.all(bursts.map((burst) => burst.line((line) => /^\d+$/.test(line))));
  assert.deepEqual(counts.map(Number), Array.from({ length: 8 }, () => 50));
  assert.deepEqual(await Promise.all(bursts.map(({ ended }) => ended)), Array.from({ length: 8 }, () => ({ code: 0, signal: null })));
});

test("messages of 64 MiB less a little go there and back whole; a longer one is refused before it is sent", async (t) => {
  await serve(t, ECHO, "echo");
  const client = await connect(t, "echo");
  const data = "é".repeat(31 * 1024 * 1024);
  assert.equal((await client.call("echo", { data }))["data"], data);
  assert.equal(await codeOf(client.call("echo", { data: "x".repeat(64 * 1024 * 1024) })), "line-too-long");
  assert.equal((await client.call("ping")).event, "pong");
});

test("a message over the server's cap is answered with an error that ends the right request, and the next is read", async (t) => {
  const server = await serve(t, ODD, "odd", { ODD_MAX_LINE: "10000" });
  const client = await connect(t, "odd");
  const waiting = client.call("wait", {}, { timeout: Infinity });
  assert.equal(await codeOf(client.call("anything", { data: "x".repeat(200_000) }, { timeout: Infinity })), "line-too-long");
  assert.equal(await codeOf(client.call("anything", { data: "x".repeat(10_000) }, { timeout: Infinity })), "line-too-long");
  assert.equal((await client.call("ping")).event, "pong");
  writeLine(world, "odd", "y".repeat(100_000));
  writeLine(world, "odd", "{}");
  await server.line((line) => line.includes("at most 10000 bytes"));
  await logged(server, "a message was refused");
  client.sendCommand("cancel");
  await client.close();
  assert.equal(await codeOf(waiting), "cancelled");
  const upstream = rawClient(world, "odd", process.ppid);
  t.after(() => upstream.close());
  await upstream.subscribe();
  upstream.send({ cmd: "anything", data: "z".repeat(20_000) });
  assert.match(String((await upstream.next())["message"]), /at most 10000 bytes/);
});
