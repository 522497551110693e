import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import { fifoOf } from "../../../pipes/protocol/names.ts";
import { makeWorld, type Running } from "../../harness.ts";
import { type Message, type RawClient, rawClient, writeLine } from "../../raw.ts";

// Clients of upstream's kind: the shared FIFO, a downstream opened read-write, no lane. Pids are those of processes that live.
const world = makeWorld();
let server: Running;
const sleepers = [0, 1, 2].map(() => spawn("sleep", ["1000"], { stdio: "ignore" }));
const [one, two, three] = sleepers.map(({ pid }) => pid as number) as [number, number, number];
const open = new Set<RawClient>();
const client = (pid: number): RawClient => {
  const made = rawClient(world, "odd", pid);
  open.add(made);
  return made;
};
before(async () => {
  server = await world.serve("test/fixtures/servers/odd.ts", "odd");
});
afterEach(async () => {
  // What a test has left unread would be the next one's; an answer to `ping` comes after all of it.
  for (const made of open) {
    made.send({ cmd: "unsubscribe" });
    made.close();
  }
  open.clear();
  const last = rawClient(world, "odd");
  await last.subscribe();
  last.send({ cmd: "unsubscribe" });
  last.close();
});
after(async () => {
  for (const sleeper of sleepers) sleeper.kill();
  await server.kill();
  await world.close();
});

test("every built-in command is answered by its event, with the fields upstream sends and no other", async () => {
  const c = client(one);
  assert.deepEqual(await c.subscribe(), { event: "subscribed", result: "subscribed" });
  const ask = async (message: Message): Promise<Message> => (c.send(message), c.next());
  assert.deepEqual(await ask({ cmd: "ping" }), { event: "pong" });
  assert.deepEqual(await ask({ cmd: "PING" }), { event: "pong" });
  assert.deepEqual(await ask({ cmd: "get_state" }), { event: "state", state: "idle" });
  assert.deepEqual(await ask({ cmd: "get_description" }), { event: "description", description: "the tool odd" });
  assert.deepEqual(await ask({ cmd: "get_config" }), { event: "config" });
  assert.deepEqual(await ask({ cmd: "list_interfaces" }), { event: "interfaces", interfaces: ["base", "odd"] });
  const help = await ask({ cmd: "get_help" });
  assert.deepEqual(Object.keys(help), ["event", "help"]);
  assert.match(String(help["help"]), /^odd: the tool odd\n\n {2}subscribe .*\n(.*\n)*.*pair/);
  const { interface: declared, ...rest } = await ask({ cmd: "get_interface", name: "odd" });
  assert.deepEqual(rest, { event: "interface" });
  const { name, commands, events } = declared as { name: string; commands: Array<Record<string, unknown>>; events: unknown[] };
  assert.deepEqual([name, events], ["odd", []]);
  assert.deepEqual(commands.find((command) => command["name"] === "shape"), {
    name: "shape",
    description: "",
    args: [{ name: "of", description: "", type: "string", required: true, default: null }],
  });
  assert.deepEqual(await ask({ cmd: "cancel" }), { event: "cancelled", count: 0 });
  const refusal = "invalid request: expected drain from a client with a lane of its own, got one without";
  assert.deepEqual(await ask({ cmd: "drain" }), { event: "error", message: refusal });
});

test("unknown things are answered with upstream's sentences", async () => {
  const c = client(one);
  await c.subscribe();
  c.send({ cmd: "Nonsense" });
  assert.deepEqual(await c.next(), { event: "error", message: "unknown command 'Nonsense'" });
  c.send({ cmd: "get_interface", name: "none" });
  assert.deepEqual(await c.next(), { event: "error", message: "unknown interface 'none'; this tool has base, odd" });
  c.send({ cmd: "get_interface" });
  assert.deepEqual(await c.next(), { event: "error", message: "invalid request: $.name: expected string, got nothing" });
});

test("a req_id of any scalar type comes back on the answer, on each part and on an error, and only then", async () => {
  const c = client(one);
  await c.subscribe();
  for (const req_id of ["text", "", 0, -1.5, 9007199254740991, true, false, null, "ü\n"]) {
    c.send({ cmd: "ping", req_id });
    assert.deepEqual(await c.next(), { event: "pong", req_id });
    c.send({ cmd: "work", steps: 1, req_id });
    assert.deepEqual(await c.next(), { event: "token", text: "1 ", done: false, result: "1 ", req_id });
    assert.deepEqual(await c.next(), { event: "token", text: "", done: true, result: "", req_id });
    assert.deepEqual([await c.next(), await c.next()].map((event) => event["state"]), ["working", "idle"]);
    c.send({ cmd: "nonsense", req_id });
    assert.deepEqual(await c.next(), { event: "error", message: "unknown command 'nonsense'", req_id, cmd: "nonsense" });
  }
  for (const req_id of [{}, [], undefined]) {
    c.send({ cmd: "ping", req_id });
    assert.deepEqual(await c.next(), { event: "pong" });
  }
});

test("the legacy commands are answered in the older form, and so is the stream of a client that has used one", async () => {
  const c = client(one);
  await c.subscribe();
  const ask = async (message: Message): Promise<Message> => (c.send(message), c.next());
  assert.deepEqual(await ask({ cmd: "status" }), { result: "idle" });
  assert.deepEqual(await ask({ cmd: "description" }), { result: "the tool odd" });
  assert.match(String((await ask({ cmd: "help" }))["result"]), /^odd: /);
  assert.deepEqual(await ask({ cmd: "ping" }), { result: "pong" });
  c.send({ cmd: "work", steps: 2 });
  assert.deepEqual([await c.next(), await c.next(), await c.next()], [
    { result: "1 ", done: false },
    { result: "2 ", done: false },
    { result: "", done: true },
  ]);
});

test("a failed stream still gives an older client the closing part it waits for", async () => {
  const c = client(one);
  await c.subscribe({ dialect: "result" });
  c.send({ cmd: "work" });
  const error = "invalid request: $.steps: expected integer, got nothing";
  assert.deepEqual(await c.next(), { error, result: `error: ${error}`, done: true });
});

test("a new state is told to the upstream client that caused it after its last event, to the others at once", async () => {
  const [causing, watching, ours] = [client(one), client(two), client(three)];
  await causing.subscribe();
  await watching.subscribe();
  await ours.subscribe();
  causing.send({ cmd: "work", steps: 2 });
  const seen = [];
  for (let n = 0; n < 5; n++) seen.push(await causing.next());
  assert.deepEqual(seen.map((event) => event["state"] ?? event["text"]), ["1 ", "2 ", "", "working", "idle"]);
  assert.deepEqual([await watching.next(), await watching.next()], [
    { event: "state_changed", state: "working" },
    { event: "state_changed", state: "idle" },
  ]);
});

test("an upstream client that waits for an answer does not take another's state for it", async () => {
  const [waiting, working] = [client(one), client(two)];
  await waiting.subscribe();
  await working.subscribe();
  waiting.send({ cmd: "wait" });
  working.send({ cmd: "work", steps: 1 });
  await working.next((event) => event["state"] === "idle");
  waiting.send({ cmd: "cancel", req_id: "none" });
  assert.deepEqual(await waiting.next(), { event: "cancelled", count: 0, req_id: "none" });
  waiting.send({ cmd: "cancel" });
  assert.equal((await waiting.next())["event"], "error");
  assert.equal((await waiting.next())["event"], "cancelled");
  assert.deepEqual([await waiting.next(), await waiting.next()].map((event) => event["state"]), ["working", "idle"]);
});

test("rubbish harms nobody and is in the log", async () => {
  const c = client(one);
  await c.subscribe();
  const rubbish = [
    "",
    "   ",
    "\r",
    "not json",
    "{",
    "null",
    "7",
    '"text"',
    "[]",
    '[{"cmd":"stop"}]',
    "{}",
    '{"cmd":"ping"}',
    '{"pid":"../../x","cmd":"subscribe"}',
    '{"pid":"1","cmd":"subscribe"}',
    '{"pid":-1,"cmd":"subscribe"}',
    '{"pid":0,"cmd":"subscribe"}',
    '{"pid":1.5,"cmd":"subscribe"}',
    '{"pid":1e400,"cmd":"subscribe"}',
    '{"pid":99999999999,"cmd":"subscribe"}',
    '{"pid":4194304,"cmd":"subscribe"}',
    '{"pid":4194304,"cmd":"unsubscribe"}',
    '{"pid":4194304,"cmd":"ping"}',
    '{"pid":{"toString":1},"cmd":"subscribe"}',
    '{"__proto__":{"pid":1},"cmd":"subscribe"}',
    '{"pid":4194304,"cmd":"__proto__"}',
    '{"pid":4194304,"cmd":"constructor","__proto__":null}',
    '{"pid":4194304}',
    '{"pid":4194304,"cmd":7}',
    '{"pid":4194304,"cmd":["ping"]}',
    '{"pid":4194304,"cmd":"ping\\u0000"}',
    '{"pid":4194304,"cmd":"shape","of":"text","__proto__":{"x":1}}',
    "\u0000\u0000",
    "[".repeat(3000),
    "\uFEFF{}",
  ];
  for (const line of rubbish) writeLine(world, "odd", line);
  writeLine(world, "odd", Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0x00, 0x80]));
  c.send({ cmd: "ping", req_id: "after" });
  assert.deepEqual(await c.next((event) => event["req_id"] === "after"), { event: "pong", req_id: "after" });
  assert.deepEqual(c.messages, []);
  assert.deepEqual(
    world.leftovers().filter((file) => /99999999999|4194304|x$/.test(file)),
    [],
    "nothing was made for a process that does not exist",
  );
  const refused = (): Message[] => server.log().filter((entry) => entry["msg"] === "a message was refused");
  await server.line(() => refused().length >= 20);
  assert.ok(refused().every((entry) => typeof entry["reason"] === "string" && entry["level"] === 40));
});

test("a stream for nobody ends at its first part", async () => {
  const c = client(one);
  await c.subscribe();
  writeLine(world, "odd", '{"pid":4194304,"cmd":"flood","size":1}');
  for (let n = 0; n < 3; n++) {
    c.send({ cmd: "ping" });
    assert.deepEqual(await c.next(), { event: "pong" });
  }
});

test("an unsubscribe from a stranger and a second one from a client do nothing", async () => {
  const c = client(one);
  c.send({ cmd: "unsubscribe" });
  await c.subscribe();
  c.send({ cmd: "unsubscribe" });
  c.send({ cmd: "unsubscribe" });
  assert.equal((await c.subscribe())["event"], "subscribed");
});

test("answers go to nobody who has not subscribed", async () => {
  const [stranger, known] = [client(one), client(two)];
  stranger.send({ cmd: "ping" });
  await known.subscribe();
  assert.deepEqual(stranger.messages, []);
});

test("unsubscribe ends what is under way, and its handler is told", async () => {
  const c = client(one);
  await c.subscribe();
  const before = server.lines.length;
  c.send({ cmd: "wait" });
  c.send({ cmd: "unsubscribe" });
  await server.line((line) => server.lines.indexOf(line) >= before && line.includes('"msg":"aborted"'));
  assert.equal(server.log().findLast((entry) => entry["msg"] === "aborted")?.["code"], "cancelled");
});

test("a shell that subscribes first, and reads then, gets its answers", async () => {
  const tool = fifoOf.upstream(world.pipes, "odd");
  const script = `echo '{"pid":'$$',"cmd":"subscribe"}' > ${tool}; until [ -p ${tool}-$$ ]; do :; done; exec 3<${tool}-$$; read -r a <&3; echo '{"pid":'$$',"cmd":"ping"}' > ${tool}; read -r b <&3; echo "$a $b"; rm ${tool}-$$`;
  const shell = spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  shell.stdout.on("data", (text: Buffer) => (said += text.toString()));
  await once(shell, "close");
  assert.equal(said, '{"event":"subscribed","result":"subscribed"} {"event":"pong"}\n');
});

test("a laneless client that dies while it waits is found out, and its request is cancelled", async () => {
  const dying = spawn("sleep", ["1000"], { stdio: "ignore" });
  const c = client(dying.pid as number);
  await c.subscribe();
  const before = server.lines.length;
  c.send({ cmd: "wait" });
  await server.line((line) => server.lines.indexOf(line) >= before && line.includes('"msg":"waiting"'));
  dying.kill("SIGKILL");
  await server.line((line) => server.lines.indexOf(line) >= before && line.includes('"msg":"aborted"'));
});

test("what cannot be a client's FIFO is left alone", async (t) => {
  const c = client(two);
  await c.subscribe();
  const path = fifoOf.downstream(world.pipes, "odd", three);
  writeFileSync(path, "mine");
  t.after(() => rmSync(path));
  writeLine(world, "odd", JSON.stringify({ pid: three, cmd: "subscribe" }));
  c.send({ cmd: "ping" });
  assert.deepEqual(await c.next(), { event: "pong" });
  assert.equal(readFileSync(path, "utf8"), "mine");
  const said = await server.line((line) => line.includes('"msg":"a client could not be subscribed"'));
  assert.match(said, /is a regular file, not a FIFO/);
});
