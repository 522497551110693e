import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync } from "node:fs";
import { test } from "node:test";
import { Link } from "../../../cpipe/top/link.ts";
import type { Message } from "../../../cpipe/top/model.ts";
import { fifoOf } from "../../../pipes/protocol/names.ts";
import { startTimeOf } from "../../../pipes/transport/identity.ts";
import { Place } from "../program.ts";
import { registryOf, writeRegistry } from "../registry.ts";

test("a daemon that is killed before it has answered is noticed as soon as it has gone", async (t) => {
  const place = new Place();
  t.after(() => place.close());
  const daemon = spawn("sleep", ["600"], { stdio: "ignore" });
  t.after(() => daemon.kill("SIGKILL"));
  const before = { ...process.env };
  t.after(() => Object.assign(process.env, { XDG_RUNTIME_DIR: "", PIPE_TOOLS_PIPES: "" }, before));
  Object.assign(process.env, { XDG_RUNTIME_DIR: place.env["XDG_RUNTIME_DIR"], PIPE_TOOLS_PIPES: place.pipes });
  const fifo = fifoOf.upstream(place.pipes, "supervisor");
  assert.equal(spawnSync("mkfifo", [fifo]).status, 0);
  const held = openSync(fifo, constants.O_RDWR);
  t.after(() => closeSync(held));
  const pid = daemon.pid ?? 0;
  const registry = registryOf(place.pipes, []);
  writeRegistry(place, { ...registry, daemon: { ...registry.daemon, pid, startTime: startTimeOf(pid) } });
  const closing = new AbortController();
  const told: string[] = [];
  const ended = new Promise<void>((resolve) => {
    const link = new Link((message: Message) => {
      told.push(message.type === "registry" ? `registry ${message.registry === null ? "none" : "there"}` : message.type);
      if (message.type === "detached") resolve();
    });
    void link.run(closing.signal);
  });
  daemon.kill("SIGKILL");
  await once(daemon, "exit");
  await ended;
  closing.abort();
  assert.deepEqual([told[0], told.at(-2), told.at(-1)], ["registry there", "registry none", "detached"]);
});
