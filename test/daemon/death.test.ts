import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ToolClient } from "../../pipes/client/tool-client.ts";
import { groupEmpty, liveMembers, whenGroupEmpty } from "../../daemon/worker/group.ts";
import { makeWorld, root } from "../harness.ts";
import { rawClient } from "../raw.ts";
import { QUICK, startDaemon, type Supervised } from "./daemon.ts";

const tool = (name: string): string => join(root, "test/fixtures/tools", name);

describe("a worker that is killed", () => {
  const world = makeWorld();
  let daemon: Supervised;
  before(async () => {
    const tools = [`slow: {module: ${tool("slow.mjs")}}`, "echo: {server: echo}", `family: {module: ${tool("family.mjs")}}`, `flaky: {server: echo, restart: {backoff: {initial: 400ms, jitter: 0}}}`, `sound: {module: ${join(root, "test/fixtures/servers/sound.ts")}, restart: never}`];
    daemon = await startDaemon(world, `${QUICK}tools:\n${tools.map((line) => `  ${line}\n`).join("")}`);
    await Promise.all(["slow", "echo", "family", "flaky", "sound"].map((name) => daemon.ready(name)));
  });
  after(async () => {
    await daemon.stop();
    await world.close();
  });

  it("is another one, answers again without anybody's help, and says why it was restarted", async (t) => {
    const { pid } = await daemon.ready("echo");
    const client = await ToolClient.connect("echo", { folder: world.pipes });
    const began = performance.now();
    process.kill(pid, "SIGKILL");
    const pong = await client.call("ping", {}, { idempotent: true });
    t.diagnostic(`SIGKILL to an answered ping: ${(performance.now() - began).toFixed(0)} ms`);
    await client.close();
    const next = await daemon.until("echo", (entry) => entry.phase === "ready" && entry.pid !== pid);
    assert.deepEqual([pong.event, next.restarts, groupEmpty(pid)], ["pong", 1, true]);
    assert.ok(daemon.log.entries().some(({ tool: name, reason }) => name === "echo" && reason === "it was ended by SIGKILL; restarting at once"));
  });

  it("leaves no pipe of its sound behind once it is not started again", async () => {
    const { pid } = await daemon.ready("sound");
    assert.ok(world.leftovers().includes("tool-sound-data"));
    process.kill(pid, "SIGKILL");
    await daemon.until("sound", (entry) => entry.pid === null && entry.phase !== "ready");
    await daemon.call("stop", { tool: "sound" });
    assert.deepEqual(world.leftovers().filter((file) => file.startsWith("tool-sound")), []);
  });

  it("costs an idempotent request nothing but time, and fails another by name", async () => {
    const { pid } = await daemon.ready("slow");
    const client = await ToolClient.connect("slow", { folder: world.pipes });
    const again = client.call("wait", { ms: 100 }, { idempotent: true });
    const once = client.call("wait", { ms: 100 });
    const failed = assert.rejects(once, { code: "interrupted" });
    process.kill(pid, "SIGKILL");
    await failed;
    assert.notEqual((await again)["pid"], pid);
    await client.close();
  });

  it("is followed by one that answers what was written while there was none", async () => {
    const first = await daemon.ready("flaky");
    process.kill(first.pid, "SIGKILL");
    const second = await daemon.until("flaky", ({ phase, pid }) => phase === "ready" && pid !== first.pid);
    process.kill(second.pid ?? 0, "SIGKILL");
    await daemon.until("flaky", ({ phase }) => phase === "backoff");
    const client = rawClient(world, "flaky");
    client.send({ cmd: "subscribe" });
    client.send({ cmd: "echo", data: "are you there?", req_id: 7 });
    assert.equal((await client.next(({ req_id }) => req_id === 7))["data"], "are you there?");
    client.close();
  });

  it("leaves nothing of its family behind when the next one starts", async () => {
    const { pid } = await daemon.ready("family");
    assert.equal(liveMembers(pid).length, 2);
    process.kill(pid, "SIGKILL");
    const next = await daemon.until("family", (entry) => entry.pid !== null && entry.pid !== pid);
    assert.equal(groupEmpty(pid), true);
    assert.notEqual(next.pid, pid);
  });

  it("can be stopped when it hangs (SIGSTOP)", async () => {
    const { pid } = await daemon.ready("echo");
    process.kill(pid, "SIGSTOP");
    const { tool: entry } = (await daemon.call("stop", { tool: "echo" })) as unknown as { tool: { phase: string } };
    assert.equal(entry.phase, "down");
    await whenGroupEmpty(pid);
  });
});
