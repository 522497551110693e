import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { it } from "node:test";
import { root } from "../harness.ts";

/** `npm run storm` goes on for longer, from any seed. */
const SEED = 4711;
const SECONDS = 20;

it("kills, halts, full disks, few descriptors, clocks that jump and rubbish lose no request and leave nothing behind", () => {
  const done = spawnSync(process.execPath, [join(root, "scripts/storm.mjs"), "--seed", String(SEED), "--seconds", String(SECONDS)], { cwd: root, encoding: "utf8" });
  assert.equal(done.status, 0, `${done.stdout}${done.stderr}`);
});
