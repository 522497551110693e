import assert from "node:assert/strict";
import { once } from "node:events";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ToolClient } from "../../../pipes/client/tool-client.ts";
import type { RegistryEntry } from "../../../pipes/protocol/registry.ts";
import { makeWorld, root, upstreamOf } from "../../harness.ts";
import { rawClient } from "../../raw.ts";
import { QUICK, startDaemon, type Supervised } from "../daemon.ts";

const sleeper = join(root, "test/fixtures/tools/sleeper.mjs");
const yaml = (...tools: string[]): string => `${QUICK}tools:\n${tools.map((line) => `  ${line}\n`).join("")}`;

describe("a tool on demand", () => {
  const world = makeWorld();
  let daemon: Supervised;
  const names = ["shell", "client", "many", "person", "untouched", "crash"];
  before(async () => {
    daemon = await startDaemon(world, yaml(...names.map((name) => `${name}: {module: ${sleeper}, keep: on-demand, description: sleeps}`)));
  });
  after(() => world.close());

  it("has no process at the daemon's start, and says so", async () => {
    const { pid, want, reason, keep } = await daemon.until("shell", ({ phase }) => phase === "resting");
    assert.deepEqual([pid, want, reason, keep], [null, "up", "its first request starts it", "on-demand"]);
  });

  it("is started by a line that a shell writes, and answers it", async () => {
    const reader = rawClient(world, "shell");
    const lines = [{ cmd: "subscribe" }, { cmd: "who" }].map((request) => JSON.stringify({ pid: process.pid, ...request }));
    const shell = spawn("sh", ["-c", `printf '%s\\n' '${lines.join("' '")}' > ${upstreamOf(world, "shell")}`]);
    await once(shell, "exit");
    const answer = await reader.next((message) => message["event"] === "me");
    assert.equal(answer["process"], (await daemon.ready("shell")).pid);
    reader.close();
  });

  it("is started by a client that connects, once for all that ask at the same time", async () => {
    const client = await ToolClient.connect("client", { folder: world.pipes });
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.call("who")));
    const { pid, restarts } = await daemon.ready("client");
    assert.deepEqual([new Set(answers.map((answer) => answer["process"])), restarts], [new Set([pid]), 0]);
    await client.close();
  });

  it("is started at once when a person asks for it", async () => {
    const { tool } = (await daemon.call("start", { tool: "person" })) as unknown as { tool: RegistryEntry };
    assert.equal(tool.phase, "ready");
    const again = (await daemon.call("restart", { tool: "many" })) as unknown as { tool: RegistryEntry };
    assert.equal(again.tool.phase, "ready");
  });

  it("is not woken by a look at it", async () => {
    const cpipe = world.run("dist/cpipe.cjs", ["untouched", "--help"]);
    assert.equal((await cpipe.ended).code, 0);
    assert.match(cpipe.lines.join("\n"), /untouched: sleeps\n\nIt has not run yet, so its commands are not known/);
    await world.run("dist/cpipe.cjs", ["--list", "--pid"]).ended;
    await daemon.call("status", { tool: "untouched" });
    assert.equal((await daemon.until("untouched", () => true)).phase, "resting");
    assert.ok(!daemon.log.entries().some(({ tool, msg }) => tool === "untouched" && msg === "resting → starting"));
  });

  it("leaves nothing when it is stopped, nor when the daemon is", async () => {
    await daemon.call("stop", { tool: "untouched" });
    assert.ok(!world.leftovers().includes("tool-untouched"));
    await daemon.stop();
  });
});
