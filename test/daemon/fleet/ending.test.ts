import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { groupEmpty } from "../../../daemon/worker/group.ts";
import { makeWorld, root } from "../../harness.ts";
import { assertNothingLeft, configure, launchDaemon, QUICK, startDaemon } from "../daemon.ts";

const family = join(root, "test/fixtures/tools/family.mjs");
const DEAF = `deaf: {module: ${family}, settings: {deaf: true}`;

describe("a daemon that is told to end", () => {
  const world = makeWorld();
  after(() => world.close());

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`by ${signal} takes everything with it, in the time that a stubborn worker is given`, async () => {
      const daemon = await startDaemon(world, `${QUICK}tools:\n  echo: {server: echo}\n  ${DEAF}}\n  failing: {command: [no-such-program]}\n`);
      const pids = await Promise.all(["echo", "deaf"].map(async (name) => (await daemon.ready(name)).pid));
      const began = performance.now();
      await daemon.stop(signal);
      assert.deepEqual(pids.map(groupEmpty), [true, true]);
      const took = performance.now() - began;
      assert.ok(took > 500 && took < 9000, `${took} ms`);
    });
  }

  it("by SIGINT again and again ends at once, but not by one that comes twice at the same time", async () => {
    const daemon = await startDaemon(world, `tools:\n  ${DEAF}, timeouts: {drain: 1h, stop: 1h, kill: 1h}}\n`);
    await daemon.ready("deaf");
    const began = performance.now();
    // npm hands on what the terminal has sent to the whole group: the two are one Ctrl-C.
    for (let times = 0; times < 2; times++) process.kill(daemon.pid, "SIGINT");
    await daemon.until("deaf", ({ phase }) => phase === "stopping");
    assert.equal((await daemon.call("get_state"))["state"], "stopping");
    const impatience = setInterval(() => daemon.running.child.kill("SIGINT"), 100);
    await daemon.running.ended;
    clearInterval(impatience);
    const took = performance.now() - began;
    assert.ok(took > 500 && took < 9000, `${took} ms`);
    await daemon.stop();
  });

  it("while it is still starting leaves nothing either", async () => {
    configure(world, `${QUICK}tools:\n  echo: {server: echo}\n  family: {module: ${family}}\n`);
    const running = launchDaemon(world);
    await running.line((line) => line.startsWith("pipe-tools"));
    assert.deepEqual(await running.kill("SIGTERM"), { code: 0, signal: null });
    assertNothingLeft(world);
  });

  it("frees its lock, so that the next one can start", async () => {
    const next = await startDaemon(world, `${QUICK}tools:\n  echo: {server: echo}\n`, { args: [] });
    await next.ready("echo");
    await next.stop();
    assert.deepEqual(next.running.lines, [], "it speaks to a person only in the foreground");
  });
});

describe("a daemon in a terminal that is closed", () => {
  it("goes on when nobody reads what it says, and at SIGPIPE", async () => {
    const world = makeWorld();
    const daemon = await startDaemon(world, `${QUICK}tools:\n  echo: {server: echo}\n`);
    const { pid } = await daemon.ready("echo");
    for (const stream of [daemon.running.child.stdout, daemon.running.child.stderr]) {
      stream?.destroy();
      if (stream !== null) await once(stream, "close");
    }
    process.kill(daemon.pid, "SIGPIPE");
    process.kill(pid, "SIGKILL"); // something to say
    await daemon.until("echo", (entry) => entry.phase === "ready" && entry.pid !== pid);
    configure(world, "tools: [\n");
    await daemon.log.line(({ msg }) => msg === "the config was not applied");
    assert.equal((await daemon.call("ping")).event, "pong");
    await daemon.stop();
    await world.close();
  });
});
