import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { test } from "node:test";
import { root } from "../../harness.ts";

// Linux has a disk that is always full.
if (existsSync("/dev/full")) {
  test("a server whose log is on a full disk goes on", () => {
    const full = openSync("/dev/full", "w");
    const script = `import { lineLog } from "./pipes/rpc/log.ts"; const log = lineLog("x"); log.info({}, "one"); setImmediate(() => { log.info({}, "two"); setImmediate(() => process.exit(7)); });`;
    const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script], { cwd: root, stdio: ["ignore", full, "pipe"], encoding: "utf8" });
    closeSync(full);
    assert.deepEqual({ status, stderr }, { status: 7, stderr: "" });
  });
}
