import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { ToolClient, ToolError, type ToolEvent } from "../../../pipes/client.ts";
import { makeWorld, type Running } from "../../harness.ts";

const world = makeWorld();
let server: Running;
let echo: ToolClient;
before(async () => {
  server = await world.serve("servers/echo/main.ts", "echo");
  echo = await ToolClient.connect("echo", { folder: world.pipes });
});
after(async () => {
  await echo.close();
  await server.kill();
  await world.close();
});
const FOREVER = 3_600_000;

test("many requests at once are told apart, whichever is done first", async () => {
  const slow = echo.call("count", { to: 2, delay: 30 });
  const answers = await Promise.all(Array.from({ length: 500 }, (_, n) => echo.call("echo", { data: n })));
  assert.deepEqual(answers.map((answer) => answer["data"]), Array.from({ length: 500 }, (_, n) => n));
  assert.equal((await slow)["done"], true);
  assert.equal(echo.inFlight, 0);
});

test("a stream gives its parts in order, then its end", async () => {
  const texts: unknown[] = [];
  for await (const part of echo.stream("count", { to: 3 })) texts.push(part["text"]);
  assert.deepEqual(texts, ["1\n", "2\n", "3\n", ""]);
});

test("leaving the loop cancels the request on the server", async () => {
  for await (const part of echo.stream("count", { to: 2, delay: FOREVER })) {
    assert.equal(part["text"], "1\n");
    break;
  }
  assert.equal(echo.inFlight, 0);
  assert.deepEqual((await echo.call("cancel"))["count"], 0, "nothing is under way there either");
});

test("parts that are asked for before they come are given in order, and none after the end", async () => {
  const stream = echo.stream("count", { to: 2 });
  const results = await Promise.all([1, 2, 3, 4, 5].map(() => stream.next()));
  assert.deepEqual(results.map(({ value, done }) => (done ? "end" : value["text"])), ["1\n", "2\n", "", "end", "end"]);
});

test("an aborted signal ends the request here and there, with its reason as the cause", async () => {
  const abort = new AbortController();
  const call = echo.call("count", { to: 2, delay: FOREVER }, { signal: abort.signal });
  await echo.call("ping");
  abort.abort(new Error("enough"));
  await assert.rejects(call, (error) => error instanceof ToolError && error.code === "cancelled" && (error.cause as Error).message === "enough");
  assert.deepEqual((await echo.call("cancel"))["count"], 0);
});

test("a signal that was aborted before sends nothing", async () => {
  const shouted: unknown[] = [];
  const listen = (event: ToolEvent): number => shouted.push(event["data"]);
  echo.on("shouted", listen);
  await assert.rejects(echo.call("shout", { data: "not this" }, { signal: AbortSignal.abort() }), { code: "cancelled" });
  await echo.call("shout", { data: "this" });
  assert.deepEqual(shouted, ["this"]);
  echo.off("shouted", listen);
});

test("silence longer than the timeout ends a request; news and parts are no silence", async () => {
  await assert.rejects(echo.call("count", { to: 2, delay: FOREVER }, { timeout: 20 }), (error) => {
    assert.ok(error instanceof ToolError);
    assert.equal(error.message, "no further part of the answer from echo within 0.02 s");
    return error.code === "timeout";
  });
  assert.deepEqual((await echo.call("cancel"))["count"], 0);
});

test("sendCommand leaves the answer to a listener, which gets it with the id that sendCommand gave", async () => {
  const heard = new Promise<ToolEvent>((resolve) => echo.once("echo", resolve));
  const id = echo.sendCommand("echo", { data: "to whom it concerns" });
  assert.deepEqual(await heard, { event: "echo", data: "to whom it concerns", req_id: id });
});

test("an error that answers a sendCommand ends nobody's process", async () => {
  const heard = new Promise<ToolEvent>((resolve) => echo.on("event", (event: ToolEvent) => event.event === "error" && resolve(event)));
  echo.sendCommand("nonsense");
  assert.equal((await heard)["code"], "unknown-command");
  echo.removeAllListeners("event");
});

test("arguments that JSON cannot say are refused before they are sent, and nothing is left waiting", async () => {
  await assert.rejects(echo.call("echo", { data: 1n }), { code: "invalid-request" });
  assert.throws(() => echo.stream("echo", { data: 1n }), { code: "invalid-request" });
  assert.equal(echo.inFlight, 0);
});

test("a second connection to the same tool is refused and does not disturb the first", async () => {
  await assert.rejects(ToolClient.connect("echo", { folder: world.pipes }), { code: "already-connected" });
  assert.equal(world.leftovers().filter((file) => file.endsWith(`-${process.pid}`)).length, 2);
  assert.equal((await echo.call("ping")).event, "pong");
});

test("close ends what is under way, removes the pipes, and a new connection can be made at once", async () => {
  const call = echo.call("count", { to: 2, delay: FOREVER });
  const failed = assert.rejects(call, { code: "cancelled" });
  await echo.close();
  await echo.close();
  await failed;
  assert.deepEqual(world.leftovers(), ["tool-echo"]);
  await assert.rejects(echo.call("ping"), { code: "interrupted" });
  echo = await ToolClient.connect("echo", { folder: world.pipes });
  assert.equal((await echo.call("ping")).event, "pong");
});

test("a process that ends without closing leaves no pipe behind, and an unreferenced connection does not keep it", async () => {
  const program = world.run("test/fixtures/clients/leave.ts", ["echo"]);
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.stderr());
  assert.deepEqual(world.leftovers().filter((file) => file.includes(String(program.pid))), []);
});

test("no tool, no FIFO, a bad name: each is said before anything waits", async () => {
  const code = (tool: string): Promise<unknown> => ToolClient.connect(tool, { folder: world.pipes }).then(() => "connected", (error: ToolError) => error.code);
  assert.deepEqual(await Promise.all([code("nobody"), code("a b"), code("x-7"), code(`${world.pipes}/tool-nobody`)]), ["no-such-tool", "invalid-name", "invalid-name", "no-such-tool"]);
  assert.equal(existsSync(`${world.pipes}/tool-nobody-${process.pid}`), false);
});

test("connections to a dozen tools do not warn of a leak", async () => {
  const warnings: string[] = [];
  const note = (warning: Error): number => warnings.push(warning.message);
  process.on("warning", note);
  const { ToolServer } = await import("../../../pipes/server.ts");
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const servers = await Promise.all(Array.from({ length: 12 }, (_, n) => new ToolServer({ name: `many${n}`, folder: world.pipes, log }).serve()));
  const clients = await Promise.all(servers.map(({ name }) => ToolClient.connect(name, { folder: world.pipes })));
  assert.deepEqual(new Set((await Promise.all(clients.map((client) => client.call("ping")))).map(({ event }) => event)), new Set(["pong"]));
  await Promise.all(clients.map((client) => client.close()));
  await Promise.all(servers.map((one) => one.close()));
  process.off("warning", note);
  assert.deepEqual(warnings, []);
});
