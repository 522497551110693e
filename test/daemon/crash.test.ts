import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { mkfifo } from "../../pipes/transport/libc.ts";
import { groupEmpty, liveMembers } from "../../daemon/worker/group.ts";
import { makeWorld, root } from "../harness.ts";
import { pidsOf, QUICK, registryOf, startDaemon, workersOf } from "./daemon.ts";
import type { Registry } from "../../pipes/protocol/registry.ts";

const family = join(root, "test/fixtures/tools/family.mjs");

describe("a daemon that is killed", () => {
  it("is followed by one that takes over what lives, and starts anew what has ended, so that no tool has two", async () => {
    const world = makeWorld();
    const yaml = `${QUICK}tools:\n  echo: {server: echo}\n  family: {module: ${family}}\n  orphans: {module: ${family}}\n`;
    const first = await startDaemon(world, yaml);
    const left = await Promise.all(["echo", "family", "orphans"].map(async (name) => (await first.ready(name)).pid));
    await first.crash();
    assert.deepEqual(left.map((pid) => liveMembers(pid).length), [1, 2, 2], "workers outlive their daemon");
    const [echo = 0, kin = 0, orphaned = 0] = left;
    process.kill(orphaned, "SIGKILL"); // now only its child, which ignores SIGTERM, is in the group
    const second = await startDaemon(world, null);
    const pids = await Promise.all(["echo", "family", "orphans"].map(async (name) => (await second.ready(name)).pid));
    assert.deepEqual(pids.slice(0, 2), [echo, kin]);
    assert.ok(pids[2] !== orphaned && groupEmpty(orphaned));
    assert.equal(workersOf(world).length, 5);
    const { deaths, restarts } = (await second.list()).find(({ name }) => name === "orphans") ?? assert.fail();
    assert.deepEqual(deaths.map(({ cause, code, signal, what }) => [cause, code, signal, what]), [["unknown", null, null, "it ended while no daemon ran, nobody saw how"]]);
    assert.equal(restarts, 1);
    const log = second.log.entries();
    assert.deepEqual(log.find(({ msg }) => msg === "took over workers")?.["pids"], [echo, kin]);
    assert.deepEqual(log.find(({ msg }) => msg === "ended leftover workers")?.["pids"], [orphaned]);
    assert.ok(log.some(({ tool, reason }) => tool === "echo" && reason === `taken over from the daemon before (pid ${first.pid})`));
    await second.stop();
    await world.close();
  });

  it("leaves a registry by which nobody else is hurt: not a later process of the same pid, not one of another boot", async () => {
    const world = makeWorld();
    const first = await startDaemon(world, `${QUICK}tools:\n  echo: {server: echo}\n`);
    await first.ready("echo");
    const registry = first.registry();
    await first.stop();
    const innocent = spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
    const entry = { ...registry.tools["echo"], pid: innocent.pid };
    for (const changed of [
      { ...registry, tools: { echo: { ...entry, startTime: "1" } } },
      { ...registry, daemon: { ...registry.daemon, bootId: "another" }, tools: { echo: { ...entry, startTime: startTimeOf(innocent.pid ?? 0) } } },
    ] as Registry[]) {
      writeFileSync(registryOf(world), JSON.stringify(changed), { mode: 0o600 });
      const next = await startDaemon(world, null);
      await next.ready("echo");
      await next.stop();
      assert.equal(innocent.exitCode ?? innocent.signalCode, null);
    }
    innocent.kill();
    await once(innocent, "exit");
    await world.close();
  });
});

describe("orphaned pipes", () => {
  it("are removed at the start and on demand, and nothing else is", async () => {
    const world = makeWorld();
    const at = (name: string): string => join(world.pipes, name);
    const dead = spawn("true");
    await once(dead, "exit");
    const orphans = ["tool-gone", `tool-gone-${dead.pid}`, `tool-gone-up-${dead.pid}`, "tool-gone-data"];
    const make = (): void => {
      for (const name of orphans) mkfifo(at(name), 0o600);
    };
    make();
    writeFileSync(at("tool-file"), "not a pipe");
    symlinkSync("/dev/null", at("tool-link"));
    mkfifo(at("something-else"), 0o600);
    mkfifo(at("tool-"), 0o600);
    mkdirSync(at("tool-folder"));
    const kept = ["something-else", "tool-", "tool-file", "tool-folder", "tool-link"];
    const foreign = process.getuid?.() === 0;
    if (foreign) {
      chmodSync(world.folder, 0o711);
      chmodSync(world.pipes, 0o777);
      const made = spawn("mkfifo", [at("tool-foreign")], { uid: 65534, gid: 65534 });
      await once(made, "exit");
      kept.push("tool-foreign");
    }
    const reader = spawn("sh", ["-c", 'mkfifo "$1" "$2"; exec 3<>"$1"; echo open; exec sleep 1000', "sh", at("tool-held"), at("tool-early")], { stdio: ["ignore", "pipe", "ignore"] });
    await once(reader.stdout, "data").catch(() => undefined);
    const daemon = await startDaemon(world, `${QUICK}tools:\n  echo: {server: echo}\n`);
    await daemon.ready("echo");
    const removed = await daemon.log.line(({ msg }) => msg === "removed orphaned pipes");
    assert.deepEqual([...(removed["removed"] as string[])].sort(), [...orphans, "tool-early"].map(at).sort());
    make();
    assert.deepEqual(((await daemon.call("sweep"))["removed"] as string[]).sort(), orphans.map(at).sort());
    assert.deepEqual((await daemon.call("sweep"))["removed"], []);
    await pidsOf(daemon);
    reader.kill();
    await once(reader, "exit");
    await daemon.call("sweep");
    assert.deepEqual(world.leftovers().filter((name) => !/supervisor|echo/.test(name)).sort(), kept.sort());
    for (const name of kept) rmSync(at(name), { recursive: true });
    await daemon.stop();
    await world.close();
  });
});

/** Field 22 of /proc/PID/stat. */
function startTimeOf(pid: number): string | undefined {
  return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[19];
}
