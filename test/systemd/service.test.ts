import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { isRunning } from "../../pipes/transport/identity.ts";
import { ToolClient } from "../../pipes/client/tool-client.ts";
import { root, type World } from "../harness.ts";
import { QUICK, registryOf, vanished } from "../daemon/daemon.ts";
import { whyNoManager } from "./manager.ts";
import { control, dropIn, leftNothing, mainPid, nextDaemon, ready, startService } from "./service.ts";

const why = whyNoManager();
const family = join(root, "test/fixtures/tools/family.mjs");
const yaml = `${QUICK}tools:\n  echo: {server: echo}\n  family: {module: ${family}}\n`;

describe("the service under a real systemd", { skip: why === null ? false : `no user manager can be started: ${why}` }, () => {
  it("is started when its control pipe answers, shows its tools in its status, and reloads", async (t) => {
    const { world, manager, log } = await startService(t, yaml);
    await control(world, (client) => client.call("ping"));
    await ready(world, "echo", "family");
    assert.match(await manager.systemctl("status", "pipe-tools"), /^ {5}Status: "2 tools: 2 ready"$/m);
    const applied = log.next(({ reason }) => reason === "SIGHUP");
    await manager.systemctl("reload", "pipe-tools");
    await applied;
    await manager.systemctl("start", "pipe-tools"); // has nothing to start, and waits for the end of the reload
    assert.equal(await manager.property("ActiveState"), "active");
    await manager.systemctl("stop", "pipe-tools");
    assert.deepEqual([await manager.property("ActiveState"), await manager.property("Result")], ["inactive", "success"]);
    await leftNothing(world, manager);
  });

  it("lets the workers of a daemon that was killed live on and answer, and the next daemon adopts them", async (t) => {
    const { world, manager, log } = await startService(t, yaml);
    const pids = await ready(world, "echo", "family");
    const client = await ToolClient.connect("echo", { folder: world.pipes, reconnect: false });
    const over = new AbortController();
    const calls = (async () => {
      let answered = 0;
      for (; !over.signal.aborted; answered++) assert.equal((await client.call("echo", { data: "still here" })).event, "echo");
      return answered;
    })();
    const next = nextDaemon(log);
    process.kill(await mainPid(manager), "SIGKILL");
    await next;
    await assertAdopted(world, pids);
    over.abort();
    assert.ok((await calls) > 0);
    await client.close();
    assert.equal(await manager.property("NRestarts"), "1");
    await manager.systemctl("stop", "pipe-tools");
    await leftNothing(world, manager);
  });

  it("starts a daemon again that is blocked, because its watchdog hears nothing", async (t) => {
    const { world, manager, log } = await startService(t, yaml, "[Service]\nWatchdogSec=3");
    const pids = await ready(world, "echo", "family");
    const next = nextDaemon(log);
    process.kill(await mainPid(manager), "SIGSTOP");
    await next;
    await assertAdopted(world, pids);
    await manager.systemctl("stop", "pipe-tools");
    await leftNothing(world, manager);
  });

  it("ends with the last process of its control group, even one that no longer shows whose it is", async (t) => {
    const { world, manager } = await startService(t, `${QUICK}tools:\n  fugitive: {module: ${join(root, "test/fixtures/tools/fugitive.mjs")}}\n`);
    await ready(world, "fugitive");
    const client = await ToolClient.connect("fugitive", { folder: world.pipes, reconnect: false });
    const pid = Number((await client.call("child"))["pid"]);
    await client.close();
    assert.ok(isRunning(pid));
    await manager.systemctl("stop", "pipe-tools");
    assert.ok(!isRunning(pid));
    await leftNothing(world, manager);
  });

  it("leaves nothing of a daemon that was killed while it was being stopped", async (t) => {
    const { world, manager, log } = await startService(t, `tools:\n  deaf: {module: ${family}, settings: {deaf: true}, timeouts: {stop: 1m}}\n`);
    await ready(world, "deaf");
    const stopping = log.next(({ msg, tool }) => msg === "stopping" && tool === undefined);
    const stopped = manager.systemctl("stop", "pipe-tools");
    await stopping;
    process.kill(await mainPid(manager), "SIGKILL");
    await stopped;
    assert.equal(await manager.property("Result"), "signal");
    await leftNothing(world, manager);
  });

  it("leaves nothing where the daemon is not started again", async (t) => {
    const { world, manager } = await startService(t, yaml);
    await ready(world, "echo", "family");
    const pid = await mainPid(manager);
    dropIn(world, `[Service]\nExecStart=\nExecStart=:"${process.execPath}" "${join(root, "dist/daemon/main.js")}" --no-such-flag\n`);
    await manager.systemctl("daemon-reload");
    process.kill(pid, "SIGKILL");
    await vanished(registryOf(world)); // the last thing that --end-leftovers removes
    await manager.systemctl("stop", "pipe-tools"); // waits for the end of what runs after the daemon
    await leftNothing(world, manager);
  });
});

/** systemd has left the workers alone, and the next daemon has taken them over. */
async function assertAdopted(world: World, pids: readonly number[]): Promise<void> {
  assert.deepEqual(await ready(world, "echo", "family"), pids);
}
