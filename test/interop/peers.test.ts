import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { killPython, runPython, startPythonServer } from "./python.ts";

// The upstream stand-ins among themselves: what fails between one of them and ours is then our fault.
const pipes = mkdtempSync(join(tmpdir(), "pipe-tools-peers-"));
after(async () => {
  await killPython();
  rmSync(pipes, { recursive: true });
});

const cpipe = async (...args: string[]): Promise<string> => {
  const done = await runPython(pipes, "cpipe.py", ...args);
  assert.deepEqual({ code: done.code, stderr: done.stderr }, { code: 0, stderr: "" });
  return done.stdout;
};
const session = async (name: string, ...requests: object[]): Promise<unknown[]> => {
  const done = await runPython(pipes, "session.py", name, ...requests.map((request) => JSON.stringify(request)));
  assert.deepEqual({ code: done.code, stderr: done.stderr }, { code: 0, stderr: "" });
  return done.stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line) as unknown);
};
const prompt = JSON.stringify({ messages: [{ role: "user", content: "grüß dich, Welt" }] });

test("newer dialect: every built-in command is answered by its event", async () => {
  const server = await startPythonServer(pipes, "echo_server.py", "new");
  const arg = { name: "text", description: "what to say back", type: "string", required: true, default: null };
  const answers = await session(
    "new",
    { cmd: "ping" },
    { cmd: "GET_STATE" },
    { cmd: "get_description" },
    { cmd: "get_help" },
    { cmd: "get_config" },
    { cmd: "list_interfaces" },
    { cmd: "get_interface", name: "echo" },
    { cmd: "get_interface", name: "none" },
    { cmd: "status" },
    { cmd: "nonsense", req_id: 7 },
    { cmd: "echo", text: "a\r\nb", req_id: "x" },
  );
  assert.deepEqual(answers, [
    { event: "pong" },
    { event: "state", state: "idle" },
    { event: "description", description: "An upstream echo" },
    { event: "help", help: "new: echo, fail" },
    { event: "config", volume: 3, voice: "plain" },
    { event: "interfaces", interfaces: ["echo"] },
    {
      event: "interface",
      interface: {
        name: "echo",
        description: "Says back what it is told.",
        commands: [{ name: "echo", description: "Say it back", args: [arg] }],
        events: [{ name: "echo", description: "What was said", fields: [arg] }],
      },
    },
    { event: "error", message: "unknown interface 'none'" },
    { event: "error", message: "unknown command 'status'" },
    { event: "error", cmd: "nonsense", message: "unknown command 'nonsense'", req_id: 7 },
    { event: "echo", text: "a\r\nb", req_id: "x" },
  ]);
  await server.kill();
});

test("older dialect: the five commands and everything else are answered by a bare result", async () => {
  const server = await startPythonServer(pipes, "echo_server.py", "old", "--dialect", "old");
  const answers = await session("old", { cmd: "ping" }, { cmd: "status" }, { cmd: "description" }, { cmd: "help" }, { cmd: "get_state" }, { cmd: "echo", text: "hi" });
  assert.deepEqual(
    answers,
    ["pong", "idle", "An upstream echo", "old: echo, fail", "unknown command 'get_state'", "hi"].map((result) => ({ result })),
  );
  await server.kill();
});

test("cpipe prints the event's name, the bare value or the fields, in either dialect", async () => {
  const newer = await startPythonServer(pipes, "echo_server.py", "new");
  assert.equal(await cpipe("new", "ping"), "pong\n");
  assert.equal(await cpipe(join(pipes, "tool-new"), "get_state"), "idle\n");
  assert.equal(await cpipe("new", "get_config"), '{"volume": 3, "voice": "plain"}\n');
  assert.equal(await cpipe("new", "echo", "--data", "plain text"), "plain text\n");
  assert.equal(await cpipe("new", "echo", "--data", '{"text": "an object"}'), "an object\n");
  await newer.kill();
  const older = await startPythonServer(pipes, "echo_server.py", "old", "--dialect", "old");
  assert.equal(await cpipe("old", "ping"), "pong\n");
  assert.equal(await cpipe("old", "echo", "--data", "hi"), "hi\n");
  await older.kill();
});

for (const dialect of ["new", "old"]) {
  test(`${dialect} chat: cpipe prints the stream and the blocking reply`, async () => {
    const server = await startPythonServer(pipes, "chat_server.py", "chat", "--dialect", dialect, "--quiet");
    assert.equal(await cpipe("chat", "chat", "--data", prompt), "You said: grüß dich, Welt\n");
    assert.equal(await cpipe("chat", "chat_blocking", "--data", prompt), "You said: grüß dich, Welt\n");
    await server.kill();
  });
}

test("new chat: the stream is tokens between two state changes, each with the request's req_id", async () => {
  const server = await startPythonServer(pipes, "chat_server.py", "chat");
  const messages = [{ role: "user", content: "ho" }];
  const answers = await session("chat", { cmd: "chat", messages, req_id: 1 });
  assert.deepEqual(answers, [
    { event: "state_changed", state: "inferring" },
    ...["You", " said:", " ho"].map((text) => ({ event: "token", text, done: false, req_id: 1 })),
    { event: "token", text: "", done: true, req_id: 1 },
  ]);
  await server.kill();
});

test("new chat: upstream's known race shows, cpipe takes the state change for its answer", async () => {
  const server = await startPythonServer(pipes, "chat_server.py", "chat");
  assert.equal(await cpipe("chat", "chat", "--data", prompt), "inferring\n");
  await server.kill();
});

test("old chat: the first README's client prints the answer and ends", async () => {
  const server = await startPythonServer(pipes, "chat_server.py", "chat", "--dialect", "old");
  const done = await runPython(pipes, "chat_client.py", "chat", "hello");
  assert.deepEqual(done, { code: 0, signal: null, stdout: "You said: hello\n", stderr: "" });
  await server.kill();
});

test("every subscriber hears that the server stops, and its FIFO goes", async () => {
  const server = await startPythonServer(pipes, "echo_server.py", "new");
  assert.equal(await cpipe("new", "stop"), "stopping\n");
  assert.equal((await server.ended).code, 0);
  assert.equal(existsSync(join(pipes, "tool-new")), false);
});

for (const [what, request] of [
  ["an unsubscribe from a stranger", ["unsubscribe"]],
  ["a handler that raises", ["fail"]],
] as const) {
  test(`the server keeps upstream's weakness: ${what} ends it`, async () => {
    const server = await startPythonServer(pipes, "echo_server.py", "frail");
    await cpipe("frail", ...request, "--no-subscribe");
    const ended = await server.ended;
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /KeyError|this handler always raises/);
  });
}

test("without a server, and without an answer, cpipe says so and ends", async () => {
  const missing = await runPython(pipes, "cpipe.py", "nobody", "ping");
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /no server at .*tool-nobody/);
  const server = await startPythonServer(pipes, "chat_server.py", "chat", "--quiet", "--hang-after", "0");
  const silent = await runPython(pipes, "cpipe.py", "chat", "chat", "--data", prompt, "--timeout", "0.2");
  assert.equal(silent.code, 1);
  assert.match(silent.stderr, /no answer within 0.2 s/);
  await server.kill();
});

test("clients and servers that ended in order leave no FIFO behind", () => {
  assert.deepEqual(readdirSync(pipes), []);
});
