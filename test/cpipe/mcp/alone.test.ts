import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { ToolClient } from "../../../pipes/client.ts";
import { makeWorld, root, type Running } from "../../harness.ts";
import { startPythonServer } from "../../interop/python.ts";
import { finished, program } from "../program.ts";
import { dataOf, names, openSession, type Session, textOf } from "./session.ts";

const INITIALIZE = { jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "raw", version: "1" } } };
const INITIALIZED = { jsonrpc: "2.0", method: "notifications/initialized" };
const LIST = { jsonrpc: "2.0", id: 3, method: "tools/list" };
const COUNT = { jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "echo_count", arguments: { to: 1000, delay: 1000 }, _meta: { progressToken: 7 } } };

describe("cpipe --mcp without a daemon", () => {
  const world = makeWorld();
  let echo: Running;
  let session: Session;
  before(async () => {
    echo = await world.serve("servers/echo/main.ts", "echo");
    session = await openSession(world.env, world.folder);
  });
  after(async () => {
    await session.close();
    await echo.kill();
    await world.close();
  });

  test("has the tools whose pipes are there, with the schemas that they tell, and no supervisor", async () => {
    const tools = await session.list();
    assert.deepEqual(names(tools), ["echo_echo", "echo_count", "echo_shout"]);
    assert.deepEqual(tools[1]?.inputSchema.required, ["to"]);
    assert.equal(textOf(await session.call("echo_echo", { data: "hi" })), "hi");
  });

  test("tells of a tool that somebody starts, whose sound goes into a file, and of its end", async () => {
    const come = session.listed((tools) => names(tools).includes("tts_say"));
    const tts = await world.serve("servers/tts/main.ts", "tts");
    await come;
    const said = await session.call("tts_say", { text: "Hello there", path: "said.wav" });
    assert.equal(said.isError, undefined, textOf(said));
    assert.equal(dataOf(said)["path"], join(world.folder, "said.wav"));
    assert.equal(readFileSync(join(world.folder, "said.wav")).toString("latin1", 0, 4), "RIFF");
    const nowhere = await session.call("tts_say", { text: "Hello there", play: false });
    assert.match(textOf(nowhere), /\$\.path: expected a file for the sound/);
    const gone = session.listed((tools) => !names(tools).includes("tts_say"));
    await tts.kill();
    await gone;
  });

  test("has an upstream server's commands by the words that it tells", async () => {
    const come = session.listed((tools) => names(tools).includes("parrot_echo"));
    const parrot = await startPythonServer(world.pipes, "echo_server.py", "parrot");
    const schema = (await come).find(({ name }) => name === "parrot_echo")?.inputSchema;
    assert.deepEqual(schema, { type: "object", properties: { text: { type: "string", description: "what to say back" } }, required: ["text"] });
    assert.equal(textOf(await session.call("parrot_echo", { text: "hi" })), "hi");
    await parrot.kill();
  });

  /** A bridge by hand, which has answered `initialize` and begun to count. */
  async function counting(): Promise<{ child: ChildProcess; lines: string[]; ended: ReturnType<typeof finished> }> {
    const child = spawn(process.execPath, [program, "--mcp"], { env: world.env, cwd: world.folder, stdio: "pipe" });
    const lines: string[] = [];
    const ended = finished(child);
    const progress = new Promise<void>((resolve) => createInterface({ input: child.stdout }).on("line", (line) => (lines.push(line), line.includes("notifications/progress") && resolve())));
    child.stdin.write(["this is no JSON", ...[INITIALIZE, INITIALIZED, COUNT].map((message) => JSON.stringify(message))].map((line) => `${line}\n`).join(""));
    await progress;
    return { child, lines, ended };
  }

  test("ends with its client, cancels what is under way, and has said nothing but the protocol on standard output", async () => {
    const { child, lines, ended } = await counting();
    const client = await ToolClient.connect("echo", { folder: world.pipes });
    const before = await client.call("health");
    child.stdin?.end();
    const { code, stderr } = await ended;
    assert.equal(code, 0);
    assert.match(stderr, /^cpipe: .*JSON/);
    for (const line of lines) assert.equal((JSON.parse(line) as { jsonrpc: string }).jsonrpc, "2.0");
    const after = await client.call("health");
    assert.deepEqual([before, after].map(({ calls, clients }) => [calls, clients]), [[1, 1], [0, 0]]);
    await client.close();
  });

  test("ends in order by SIGTERM", async () => {
    const { child, ended } = await counting();
    child.kill("SIGTERM");
    assert.equal((await ended).code, 143);
    assert.deepEqual(world.leftovers().filter((name) => name.endsWith(`-${child.pid}`)), []);
  });

  test("leaves no pipe behind when it is killed", async () => {
    const { child, ended } = await counting();
    child.kill("SIGKILL");
    await ended;
    assert.deepEqual(world.leftovers().filter((name) => name.endsWith(`-${child.pid}`)), []);
  });

  test("prints what to tell other programs", async () => {
    const { code, stdout } = await finished(spawn(process.execPath, [program, "--mcp", "--print-config", "echo.count"], { env: world.env, stdio: ["ignore", "pipe", "pipe"] }));
    assert.equal(code, 0);
    const { command, args } = (JSON.parse(stdout) as { mcpServers: Record<string, { command: string; args: string[] }> }).mcpServers["pipe-tools"] ?? assert.fail();
    const other = await openSession(world.env, world.folder, [command, ...args]);
    assert.equal(other.client.getServerVersion()?.name, "pipe-tools");
    assert.deepEqual(names(await other.list()), ["echo_count"], "only what was named");
    await other.close();
  });

  test("answers what was asked before standard input ended", async () => {
    const child = spawn(process.execPath, [program, "--mcp"], { env: world.env, cwd: world.folder, stdio: "pipe" });
    const ended = finished(child);
    child.stdin.end([INITIALIZE, INITIALIZED, LIST].map((message) => `${JSON.stringify(message)}\n`).join(""));
    const { code, stdout } = await ended;
    assert.equal(code, 0);
    assert.match(stdout.split("\n")[1] ?? "", /"name":"echo_count"/);
  });

  test("is one file that needs nothing beside it, and that no other use of cpipe loads", async () => {
    const copy = join(world.folder, "bundle.mjs");
    copyFileSync(join(root, "dist/cpipe-mcp.js"), copy);
    const loaded = await finished(spawn(process.execPath, ["--input-type=module", "-e", `console.log(typeof (await import(${JSON.stringify(copy)})).serveMcp)`], { stdio: ["ignore", "pipe", "pipe"] }));
    assert.deepEqual(loaded, { code: 0, signal: null, stdout: "function\n", stderr: "" });
    assert.doesNotMatch(readFileSync(program, "utf8"), /modelcontextprotocol/);
  });
});
