import assert from "node:assert/strict";
import { join } from "node:path";
import { it } from "node:test";
import { liveMembers } from "../../../daemon/worker/group.ts";
import { makeWorld, root } from "../../harness.ts";
import { assertNothingLeft, QUICK, startDaemon } from "../daemon.ts";

it("pipe-tools --end-leftovers ends what a crashed daemon left, and nothing while one runs or is about to", async () => {
  const world = makeWorld();
  const endLeftovers = async (env: NodeJS.ProcessEnv = {}): Promise<string> => {
    const program = world.run("dist/daemon/main.js", ["--end-leftovers"], env);
    assert.deepEqual(await program.ended, { code: 0, signal: null }, program.stderr());
    return program.lines.join("\n");
  };
  assert.equal(await endLeftovers(), "nothing was left");
  const daemon = await startDaemon(world, `${QUICK}tools:\n  family: {module: ${join(root, "test/fixtures/tools/family.mjs")}}\n`);
  const { pid } = await daemon.ready("family");
  assert.equal(await endLeftovers(), "nothing was ended: a daemon has these tools, or is about to");
  const guardian = daemon.registry().daemon.guardian?.pid ?? assert.fail("it has no guardian");
  await daemon.crash();
  assert.equal(await endLeftovers({ SERVICE_RESULT: "signal", EXIT_STATUS: "KILL" }), "nothing was ended: a daemon has these tools, or is about to");
  assert.equal(liveMembers(pid).length, 2, "the worker and its child live");
  assert.match(await endLeftovers({ SERVICE_RESULT: "exit-code", EXIT_STATUS: "125" }), new RegExp(`^ended: ${pid}; pipes removed: [1-9]`));
  assertNothingLeft(world);
  assert.deepEqual(liveMembers(guardian), []);
  assert.equal(await endLeftovers(), "nothing was left");
  await world.close();
});
