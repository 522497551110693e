import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { makeWorld } from "../harness.ts";
import { configure, QUICK, startDaemon } from "./daemon.ts";
import { receiver } from "./systemd/receiver.ts";

it("a daemon under systemd says when it is ready, reloads, stops, and that it is alive", async (t) => {
  const world = makeWorld();
  const address = join(world.folder, "notify.sock");
  const notices = await receiver(t, address);
  const yaml = `${QUICK}tools:\n  echo: {server: echo}\n`;
  const daemon = await startDaemon(world, yaml, { args: [], env: { NOTIFY_SOCKET: address, WATCHDOG_USEC: "300000" } });

  await notices.next((text) => text.includes("READY=1"));
  assert.equal((await daemon.call("ping")).event, "pong");
  await notices.next((text) => text === "STATUS=1 tool: 1 ready");
  const { pid } = await daemon.ready("echo");
  assert.doesNotMatch(readFileSync(`/proc/${pid}/environ`, "utf8"), /NOTIFY_SOCKET|WATCHDOG_USEC/);

  for (const reload of [() => process.kill(daemon.pid, "SIGHUP"), () => void daemon.call("reload"), () => configure(world, `${yaml}  two: {server: echo}\n`)]) {
    reload();
    assert.match(await notices.next((text) => text.startsWith("RELOADING=1")), /^RELOADING=1\nMONOTONIC_USEC=\d+$/);
    await notices.next((text) => text.startsWith("READY=1"));
  }
  await notices.next((text) => text === "STATUS=2 tools: 2 ready");
  configure(world, "tools: [");
  await notices.next((text) => text.startsWith("RELOADING=1"));
  assert.match(await notices.next((text) => text.startsWith("READY=1")), /STATUS=tools\.yaml was not applied, see cpipe --list; 2 tools/);
  for (let beats = 0; beats < 3; beats++) await notices.next((text) => text === "WATCHDOG=1");

  await daemon.stop();
  // The workers' 1.8 s (QUICK) and the daemon's own 5 s.
  assert.equal(await notices.next((text) => text.startsWith("STOPPING=1")), "STOPPING=1\nEXTEND_TIMEOUT_USEC=6800000\nSTATUS=stopping");
  await world.close();
});
