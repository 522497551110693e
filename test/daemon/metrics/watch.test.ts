import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ToolClient } from "../../../pipes/client/tool-client.ts";
import type { Metrics, ToolUse } from "../../../pipes/protocol/metrics.ts";
import { makeWorld, root } from "../../harness.ts";
import { QUICK, startDaemon, type Supervised } from "../daemon.ts";

const PYTHON = process.env["PYTHON"] ?? "python3";
const YAML = `${QUICK}tools:\n  echo: {server: echo}\n  halted: {server: echo, health: {interval: 1h}}\n  python: {command: [${PYTHON}, -B, ${join(root, "test/fixtures/python/echo_server.py")}, python]}\n`;

describe("metrics of a daemon with workers of all kinds", () => {
  const world = makeWorld();
  let daemon: Supervised;
  before(async () => {
    daemon = await startDaemon(world, YAML);
    await Promise.all(["echo", "halted", "python"].map((name) => daemon.ready(name)));
  });
  after(async () => {
    await daemon.stop();
    await world.close();
  });

  const metricsUntil = async (holds: (tools: Record<string, ToolUse>) => boolean): Promise<Record<string, ToolUse>> => {
    for await (const event of daemon.control.stream("watch", { every: 0.5 }, { timeout: Infinity })) {
      if (event.event !== "metrics") continue;
      const { tools } = event["metrics"] as Metrics;
      if (holds(tools)) return tools;
    }
    return assert.fail("the watch ended");
  };
  const asks = async (name: string): Promise<void> => {
    const client = await ToolClient.connect(name, { folder: world.pipes });
    await client.call("echo", { data: "x" });
    await client.close();
  };

  it("has no work of a program that does not know health, and all else", async () => {
    const { python, echo } = await metricsUntil(({ python }) => python !== undefined);
    assert.equal(python?.work, null);
    assert.ok((python?.memory ?? 0) > 1e6 && python?.processes === 1, JSON.stringify(python));
    assert.notEqual(echo?.work, null);
  });

  it("tells of a worker that hangs what it said last, and of the others what is so", async () => {
    await asks("halted");
    await metricsUntil(({ halted }) => halted?.work?.served === 1);
    const { pid } = await daemon.ready("halted");
    process.kill(pid, "SIGSTOP");
    try {
      await asks("echo");
      const { halted } = await metricsUntil(({ echo }) => echo?.work?.served === 1);
      assert.equal(halted?.work?.served, 1);
    } finally {
      process.kill(pid, "SIGCONT");
    }
  });

  it("begins anew with another process", async () => {
    await daemon.call("restart", { tool: "echo" });
    const { echo } = await metricsUntil(({ echo }) => echo?.work?.served === 0);
    assert.equal(echo?.processes, 1);
  });
});
