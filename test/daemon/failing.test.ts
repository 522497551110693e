import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { makeWorld, root } from "../harness.ts";
import { QUICK, startDaemon, type Supervised } from "./daemon.ts";

const fixture = (name: string): string => join(root, "test/fixtures/processes", name);
const exit = (code: number, words = ""): string => `[${process.execPath}, ${fixture("exit-with.mjs")}, "${code}", "${words}"]`;
const FAST = "backoff: {initial: 1ms, max: 1ms}, limit: {count: 2, window: 1m}";

describe("a tool that does not come up", () => {
  const world = makeWorld();
  let daemon: Supervised;
  before(async () => {
    const tools = [
      `crash: {command: ${exit(1, "error: the model is upside down")}, restart: {${FAST}, probe: 300ms}}`,
      `wrong: {command: ${exit(125, "error: this setting makes no sense")}}`,
      `unknown: {command: [no-such-program], restart: {${FAST}}}`,
      `homeless: {command: [sleep, "9"], cwd: ./nowhere, restart: {${FAST}}}`,
      `mute: {command: [${process.execPath}, ${fixture("wait.mjs")}], restart: never, timeouts: {start: 300ms}}`,
      `once: {command: ${exit(0)}, restart: never}`,
      `broken: {command: ${exit(3, "error: broken")}, restart: never}`,
      `done: {command: ${exit(0)}, restart: on-failure}`,
      `slowly: {command: ${exit(1)}, restart: {backoff: {initial: 20s}}}`,
      `module: {module: ./nowhere.ts}`,
    ];
    daemon = await startDaemon(world, `${QUICK}tools:\n${tools.map((line) => `  ${line}\n`).join("")}`);
  });
  after(async () => {
    await daemon.stop();
    await world.close();
  });

  it("fails when it crashes over and over, with its last words, and is tried again slowly", async () => {
    const failed = await daemon.until("crash", ({ phase }) => phase === "failed");
    assert.equal(failed.reason, "it exited with code 1: error: the model is upside down; more than 2 deaths within 60 s; next try in 300 ms");
    await daemon.until("crash", ({ phase, restarts, reason }) => phase === "failed" && restarts > failed.restarts && reason?.endsWith("next try in 300 ms") === true);
  });

  it("fails at once after exit code 125, for starting it again will not help", async () => {
    const { reason, restarts } = await daemon.until("wrong", ({ phase }) => phase === "failed");
    assert.deepEqual([reason, restarts], ["it exited with code 125: error: this setting makes no sense; exit code 125 means that starting it again will not help", 0]);
  });

  it("says what is missing when the program, its folder or its module is not there", async () => {
    assert.match((await daemon.until("unknown", ({ phase }) => phase === "failed")).reason ?? "", /^there is no program 'no-such-program' on the PATH; more than 2 deaths/);
    assert.match((await daemon.until("homeless", ({ phase }) => phase === "failed")).reason ?? "", /^its working folder .*nowhere does not exist;/);
    assert.match((await daemon.until("module", ({ phase }) => phase === "failed")).reason ?? "", /nowhere\.ts/);
  });

  it("is ended when it does not answer in time", async () => {
    assert.match((await daemon.until("mute", ({ phase }) => phase === "failed")).reason ?? "", /^it did not answer within 300 ms; its restart policy is never$/);
  });

  it("is left alone as its restart policy says", async () => {
    assert.equal((await daemon.until("once", ({ phase }) => phase === "down")).reason, "it exited with code 0; its restart policy is never");
    assert.equal((await daemon.until("done", ({ phase }) => phase === "down")).reason, "it exited with code 0; its restart policy is on-failure");
    assert.equal((await daemon.until("broken", ({ phase }) => phase === "failed")).reason, "it exited with code 3: error: broken; its restart policy is never");
  });

  it("waits before its second restart, and can be stopped then", async () => {
    const { reason, pid } = await daemon.until("slowly", ({ phase }) => phase === "backoff");
    assert.match(reason ?? "", /^it exited with code 1; restarting in (1[6-9](\.\d)?|20) s$/);
    assert.equal(pid, null);
    assert.equal(((await daemon.call("stop", { tool: "slowly" })) as unknown as { tool: { phase: string } }).tool.phase, "down");
  });

  it("answers whoever starts it with why it is not ready", async () => {
    await assert.rejects(daemon.call("start", { tool: "wrong" }), { code: "not-ready", message: /wrong has failed: it exited with code 125: error: this setting makes no sense.*See: cpipe supervisor logs wrong/ });
    await assert.rejects(daemon.call("restart", { tool: "slowly" }), { code: "not-ready", message: /slowly waits to be started again/ });
  });
});
