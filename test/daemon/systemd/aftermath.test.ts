import assert from "node:assert/strict";
import { test } from "node:test";
import { restartFollows, stopsUnit } from "../../../daemon/systemd/aftermath.ts";
import { pathOf } from "../../../daemon/systemd/cgroup.ts";

const asked = (answer: boolean) => () => Promise.resolve(answer);
const unasked = (): Promise<boolean> => assert.fail("nobody has to be asked");

test("a daemon that failed is started again, unless somebody asked for its stop", async () => {
  for (const result of ["signal", "core-dump", "watchdog", "timeout", "protocol", "resources", "oom-kill", "exit-code"]) {
    const env = { SERVICE_RESULT: result, EXIT_STATUS: "1" };
    assert.equal(await restartFollows(env, asked(false)), true, result);
    assert.equal(await restartFollows(env, asked(true)), false, result);
  }
});

test("one that ended in order, or with a code by which starting again will not help, is not", async () => {
  for (const result of ["success", "exec-condition", "start-limit-hit"]) assert.equal(await restartFollows({ SERVICE_RESULT: result, EXIT_STATUS: "0" }, unasked), false);
  for (const code of ["2", "125"]) assert.equal(await restartFollows({ SERVICE_RESULT: "exit-code", EXIT_STATUS: code }, unasked), false);
});

test("without systemd nobody starts it again", async () => {
  assert.equal(await restartFollows({}, unasked), false);
});

test("a stop is seen in systemd's jobs, also as the first half of a restart", () => {
  const jobs = (kind: string, unit = "pipe-tools.service"): string => `  7 default.target start waiting\n 30 ${unit} ${kind} running\n`;
  assert.deepEqual(["stop", "restart", "start", "reload"].map((kind) => stopsUnit(jobs(kind), "pipe-tools.service")), [true, true, false, false]);
  assert.equal(stopsUnit(jobs("stop", "other.service"), "pipe-tools.service"), false);
  assert.equal(stopsUnit("", "pipe-tools.service"), false);
});

test("a service's control group is found in version 2, in version 1, and beside each other", () => {
  const path = "/user.slice/user-1000.slice/user@1000.service/app.slice/pipe-tools.service";
  assert.equal(pathOf(`0::${path}\n`), path);
  assert.equal(pathOf(`5:memory:/\n1:name=systemd:${path}\n`), path);
  assert.equal(pathOf(`4:memory:/other.service\n1:name=systemd:${path}\n0::/\n`), path);
  assert.equal(pathOf("4:memory:/other.service\n0::/user.slice/session-2.scope\n"), null);
  assert.equal(pathOf(""), null);
});
