import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { useOf } from "../../daemon/metrics.ts";

describe("the use of a worker", () => {
  it("is its own and that of all that descends from it, in percent of a core and bytes", () => {
    const row = (pid: number, parentPid: number) => ({ pid, parentPid, cpu: 1.25, memRss: 10 });
    const list = [row(13, 12), row(12, 11), row(11, 1), row(14, 13), row(20, 1), row(21, 20)];
    assert.deepEqual(useOf(11, list), { cpu: 5, memory: 4 * 10 * 1024, processes: 4 });
  });

  it("is nothing when it has just ended", () => {
    assert.deepEqual(useOf(11, []), { cpu: 0, memory: 0, processes: 0 });
  });
});
