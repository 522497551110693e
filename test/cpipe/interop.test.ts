import assert from "node:assert/strict";
import { after, test } from "node:test";
import { killPython, type PythonServer, startPythonServer } from "../interop/python.ts";
import { Place } from "./program.ts";

const place = new Place();
after(async () => {
  await killPython();
  await place.close();
});

const ok = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await place.cpipe(...args);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  return stdout;
};
const messages = JSON.stringify({ messages: [{ role: "user", content: "grüß dich, Welt" }] });
const start = (script: "chat_server.py" | "echo_server.py", dialect: string, ...args: string[]): Promise<PythonServer> =>
  startPythonServer(place.pipes, script, dialect, "--dialect", dialect, ...args);

for (const dialect of ["new", "old"]) {
  test(`cpipe prints the stream and the whole reply of an upstream chat server (${dialect} dialect)`, async () => {
    const server = await start("chat_server.py", dialect);
    assert.equal(await ok(dialect, "chat", "--data", messages), "You said: grüß dich, Welt\n");
    assert.equal(await ok(dialect, "chat_blocking", "--data", messages), "You said: grüß dich, Welt\n");
    await server.kill();
  });

  test(`a silent upstream server is a timeout (${dialect} dialect)`, async () => {
    const server = await start("chat_server.py", dialect, "--hang-after", "1");
    const { code, stdout } = await place.cpipe(dialect, "chat", "--data", messages, "--timeout", "0.3");
    assert.deepEqual([code, stdout], [124, "You\n"]);
    await server.kill();
  });
}

test("newer dialect: built-in commands, plain text by the interface, flags, help, stop", async () => {
  const server = await start("echo_server.py", "new");
  assert.equal(await ok("new", "ping"), "pong\n");
  assert.equal(await ok("new", "get_config"), '{"volume":3,"voice":"plain"}\n');
  assert.equal(await ok("new", "echo", "plain text"), "plain text\n");
  assert.equal(await ok("new", "echo", "--text", "as a flag"), "as a flag\n");
  assert.match(await ok("new", "--help"), /An upstream echo[^]*echo TEXT +Say it back/);
  const failed = await place.cpipe("new", "nonsense");
  assert.deepEqual([failed.code, failed.stderr], [1, "cpipe: unknown command 'nonsense'\n"]);
  assert.equal(await ok("new", "stop"), "stopping\n");
  assert.equal((await server.ended).code, 0);
});

test("older dialect: legacy commands, plain text and flags without an interface, stop", async () => {
  const server = await start("echo_server.py", "old");
  assert.equal(await ok("old", "ping"), "pong\n");
  assert.equal(await ok("old", "status"), "idle\n");
  assert.equal(await ok("old", "echo", "plain text"), "plain text\n");
  assert.equal(await ok("old", "echo", "--text", "as a flag"), "as a flag\n");
  assert.match(await ok("old", "--help"), /tells nothing of its commands/);
  assert.equal(await ok("old", "stop"), "stopping\n");
  assert.equal((await server.ended).code, 0);
});
