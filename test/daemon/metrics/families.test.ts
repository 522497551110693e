import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import { familiesOf, fromRows } from "../../../daemon/metrics/families.ts";

describe("the use of a worker", () => {
  it("is its own and that of all that descends from it", () => {
    const row = (pid: number, parent: number) => ({ pid, parent, cpuMs: 10, resident: 1024 });
    const rows = [row(13, 12), row(12, 11), row(11, 1), row(14, 13), row(20, 1), row(21, 20)];
    assert.deepEqual(fromRows(11, rows), { cpuMs: 40, resident: 4096, processes: 4 });
    assert.deepEqual(fromRows(99, rows), { cpuMs: 0, resident: 0, processes: 0 });
  });

  it("is that of its processes as they are, and of those that have ended what they took", async () => {
    const program = `
      const { spawnSync, spawn } = require("node:child_process");
      spawnSync(process.execPath, ["-e", "const until = Date.now() + 300; while (Date.now() < until);"]);
      const child = spawn(process.execPath, ["-e", "console.log(); setInterval(() => {}, 1e6)"], { stdio: ["ignore", "pipe", "ignore"] });
      child.stdout.once("data", () => console.log(child.pid));
      setInterval(() => {}, 1e6);`;
    const parent = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const family = (await familiesOf([parent.pid ?? 0])).get(parent.pid ?? 0);
    assert.equal(family?.processes, 2);
    assert.ok((family?.cpuMs ?? 0) >= 200, JSON.stringify(family));
    assert.ok((family?.resident ?? 0) > 40e6, JSON.stringify(family));
    for (const pid of [Number(line), parent.pid ?? 0]) process.kill(pid, "SIGKILL");
    await once(parent, "exit");
    assert.equal((await familiesOf([parent.pid ?? 0])).size, 0);
  });

  it("costs nothing where nobody is to be looked at", async () => {
    assert.equal((await familiesOf([])).size, 0);
  });
});
