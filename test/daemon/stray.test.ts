import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { whenGroupEmpty } from "../../daemon/worker/group.ts";
import { ToolClient } from "../../pipes/client/tool-client.ts";
import { isRunning } from "../../pipes/transport/identity.ts";
import { makeWorld, root } from "../harness.ts";
import { QUICK, startDaemon, type Supervised, workersOf } from "./daemon.ts";

describe("a process that has left its worker's group, by a double fork and setsid", { skip: process.platform !== "linux" }, () => {
  const world = makeWorld();
  let daemon: Supervised;
  before(async () => {
    daemon = await startDaemon(world, `${QUICK}tools:\n  stray: {module: ${join(root, "test/fixtures/tools/stray.mjs")}}\n  echo: {server: echo}\n`);
    await Promise.all([daemon.ready("stray"), daemon.ready("echo")]);
  });
  after(async () => {
    await daemon.stop();
    await world.close();
  });

  it("is gone when a stop is answered, SIGTERM or not", async () => {
    const stray = await strayOf();
    assert.equal(isRunning(stray), true);
    await daemon.call("stop", { tool: "stray" });
    assert.equal(workersOf(world).length, 1, "echo's alone");
    await daemon.call("start", { tool: "stray" });
  });

  it("is killed when its worker dies, while the next one starts", async () => {
    const stray = await strayOf();
    const { pid } = await daemon.ready("stray");
    process.kill(pid, "SIGKILL");
    const killed = await daemon.log.line(({ msg }) => msg === "killed stray processes");
    assert.ok((killed["pids"] as number[]).includes(stray));
    await whenGroupEmpty(stray);
    await daemon.until("stray", (entry) => entry.phase === "ready" && entry.pid !== pid);
  });

  it("ends with a worker that a later daemon has taken over, too", async () => {
    const stray = await strayOf();
    await daemon.crash();
    daemon = await startDaemon(world, null);
    await daemon.ready("stray");
    assert.equal(await strayOf(), stray);
    await daemon.call("stop", { tool: "stray" });
    assert.equal(workersOf(world).length, 1);
  });

  async function strayOf(): Promise<number> {
    const client = await ToolClient.connect("stray", { folder: world.pipes });
    const { pid } = await client.call("stray");
    await client.close();
    return Number(pid);
  }
});
