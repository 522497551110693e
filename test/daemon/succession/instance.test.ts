import assert from "node:assert/strict";
import { closeSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ToolClient } from "../../../pipes/client/tool-client.ts";
import { openPresentFifo } from "../../../pipes/transport/fifo.ts";
import { makeWorld, upstreamOf } from "../../harness.ts";
import { rawClient } from "../../raw.ts";
import { killPython, startPythonServer } from "../../interop/python.ts";
import { launchDaemon, logsOf, pidsOf, QUICK, startDaemon, type Supervised } from "../daemon.ts";

describe("a second daemon", () => {
  const world = makeWorld();
  let daemon: Supervised;
  let pids: Record<string, number | null>;
  const unharmed = async (): Promise<void> => {
    assert.deepEqual(await pidsOf(daemon), pids);
    const client = await ToolClient.connect("echo", { folder: world.pipes });
    assert.equal((await client.call("ping")).event, "pong");
    await client.close();
  };
  before(async () => {
    daemon = await startDaemon(world, `${QUICK}tools:\n  echo: {server: echo}\n`);
    pids = { echo: (await daemon.ready("echo")).pid };
  });
  after(async () => {
    await daemon.stop();
    await world.close();
  });

  it("ends with a clear sentence and exit code 125, and the first one goes on", async () => {
    const second = launchDaemon(world);
    assert.deepEqual(await second.ended, { code: 125, signal: null });
    assert.equal(second.stderr(), `pipe-tools: the pipe-tools daemon is already running (pid ${daemon.pid}). See its tools with: cpipe --list\n`);
    await unharmed();
  });

  it("with a runtime folder of its own fails at the control pipe, and leaves the first one's pipes and tools alone", async () => {
    const runtime = join(world.folder, "another");
    mkdirSync(runtime, { mode: 0o700 });
    const pipes = world.leftovers();
    const second = launchDaemon(world, [], { XDG_RUNTIME_DIR: runtime });
    assert.deepEqual(await second.ended, { code: 125, signal: null });
    assert.equal(second.stderr(), `pipe-tools: a daemon on the pipes in ${world.pipes} is already running (pid ${daemon.pid}). Stop it with: cpipe supervisor stop\n`);
    assert.match(readFileSync(join(logsOf(world), "daemon.log"), "utf8"), /the daemon cannot start/);
    assert.deepEqual(world.leftovers(), pipes);
    await unharmed();
  });
});

describe("a tool that somebody else serves already", () => {
  const world = makeWorld();
  after(async () => {
    await killPython();
    await world.close();
  });

  it("is not taken from him, says so in the list, and is started when he has gone", async () => {
    const python = await startPythonServer(world.pipes, "echo_server.py", "upstream");
    const ours = await world.serve("dist/servers/echo/main.js", "ours");
    const once = "restart: {backoff: {initial: 1ms, max: 1ms}, limit: {count: 1, window: 1m}, probe: 200ms}";
    const daemon = await startDaemon(world, `${QUICK}tools:\n  upstream: {server: echo, ${once}}\n  ours: {server: echo, ${once}}\n  mine: {server: echo}\n`);
    for (const [name, pid] of [["upstream", python.pid], ["ours", ours.pid]] as const) {
      const { reason, restarts } = await daemon.until(name, ({ phase }) => phase === "failed");
      assert.match(reason ?? "", new RegExp(`^a server of '${name}' is already running \\(pid ${pid}\\)\\. Stop it with: cpipe ${name} stop; `));
      assert.ok(restarts >= 1);
      const client = await ToolClient.connect(name, { folder: world.pipes });
      assert.equal((await client.call("echo", { data: "still me" })).event, "echo");
      await client.close();
    }
    await daemon.ready("mine");
    await daemon.call("stop", { tool: "ours" });
    assert.ok(world.leftovers().includes("tool-ours"), "its FIFO is not ours to remove");
    await Promise.all([ours.kill(), python.kill()]);
    await daemon.call("start", { tool: "ours" });
    await daemon.ready("upstream");
    await daemon.stop();
  });
});

describe("a tool whose FIFO an older client has open for reading and writing", () => {
  it("is started, stopped and started again all the same: whoever has a downstream FIFO is no server", async () => {
    const world = makeWorld();
    const client = rawClient(world, "echo");
    const daemon = await startDaemon(world, `${QUICK}tools:\n  echo: {server: echo}\n`);
    await daemon.ready("echo");
    const fd = openPresentFifo(upstreamOf(world, "echo"), "both");
    await client.subscribe();
    await daemon.call("restart", { tool: "echo" });
    await daemon.call("stop", { tool: "echo" });
    assert.ok(!existsSync(upstreamOf(world, "echo")), "others learn at once that nobody is there");
    await daemon.call("start", { tool: "echo" });
    closeSync(fd);
    client.close();
    await daemon.stop();
    await world.close();
  });

  it("is started by the next daemon after a crash, too, which starts with its own pipe held like that", async () => {
    const world = makeWorld();
    const first = await startDaemon(world, `${QUICK}tools:\n  echo: {server: echo}\n`);
    await first.ready("echo");
    const client = rawClient(world, "echo");
    await client.subscribe();
    const held = ["echo", "supervisor"].map((name) => openPresentFifo(upstreamOf(world, name), "both"));
    await first.crash();
    const second = await startDaemon(world, null);
    await second.ready("echo");
    await client.subscribe();
    client.send({ cmd: "echo", data: "still here" });
    await client.next(({ data }) => data === "still here");
    held.forEach(closeSync);
    client.close();
    await second.stop();
    await world.close();
  });
});
