import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Claim, judgeRoom, type Verdict, type Wish } from "../../../daemon/residency/budget.ts";

const GIB = 1024 ** 3;

function claim(name: string, gib: number, other: Partial<Claim> = {}): Claim {
  return { name, bytes: gib * GIB, spare: gib * GIB, standing: "idle", pinned: false, priority: 0, used: 10, ...other };
}

function wish(gib: number, other: Partial<Wish> = {}): Wish {
  return { bytes: gib * GIB, total: gib * GIB, used: 100, ...other };
}

const released = (verdict: Verdict): readonly string[] => (verdict.kind === "release" ? verdict.names : assert.fail(JSON.stringify(verdict)));

describe("room for a load", () => {
  it("is there while all that is held, and all that is being loaded, leaves it", () => {
    assert.deepEqual(judgeRoom(wish(4), [], 4 * GIB), { kind: "fits" });
    assert.deepEqual(judgeRoom(wish(4), [claim("a", 3), claim("b", 1)], 8 * GIB), { kind: "fits" });
    assert.notEqual(judgeRoom(wish(4), [claim("a", 3), claim("b", 2, { standing: "loading" })], 8 * GIB).kind, "fits");
  });

  it("is made by the one that was used longest ago", () => {
    const claims = [claim("young", 3, { used: 30 }), claim("old", 3, { used: 10 }), claim("middle", 2, { used: 20 })];
    const verdict = judgeRoom(wish(3), claims, 8 * GIB);
    assert.deepEqual(verdict, { kind: "release", names: ["old"], reason: "it waits for 3 GiB of memory: releasing old" });
  });

  it("is made by a lower priority first, however lately it was used", () => {
    const claims = [claim("precious", 4, { priority: 5, used: 10 }), claim("cheap", 4, { priority: -1, used: 90 }), claim("plain", 4, { used: 20 })];
    assert.deepEqual(released(judgeRoom(wish(4), claims, 12 * GIB)), ["cheap"]);
    assert.deepEqual(released(judgeRoom(wish(8), claims, 12 * GIB)), ["cheap", "plain"]);
  });

  it("is not made by more than is needed", () => {
    const claims = [claim("crumb", 1, { used: 1 }), claim("loaf", 6, { used: 2 })];
    assert.deepEqual(released(judgeRoom(wish(6), claims, 7 * GIB)), ["loaf"]);
    assert.deepEqual(released(judgeRoom(wish(7), claims, 7 * GIB)), ["crumb", "loaf"]);
  });

  it("is never made by one that is busy, loading, pinned, or released already", () => {
    for (const other of [{ standing: "busy" }, { standing: "loading" }, { pinned: true }, { spare: 0 }] as const) {
      assert.equal(judgeRoom(wish(4), [claim("a", 6, other)], 8 * GIB).kind, "wait", JSON.stringify(other));
    }
  });

  it("is not made for one that nobody has asked for, nor by one that was used later", () => {
    assert.equal(judgeRoom(wish(4, { used: 0 }), [claim("a", 6)], 8 * GIB).kind, "wait");
    assert.equal(judgeRoom(wish(4, { used: 5 }), [claim("a", 6)], 8 * GIB).kind, "wait");
  });

  it("is waited for while somebody is about to make it, without another being released", () => {
    const claims = [claim("going", 4, { standing: "leaving" }), claim("idle", 4)];
    assert.deepEqual(judgeRoom(wish(4), claims, 8 * GIB), { kind: "wait", reason: "it waits for 4 GiB of memory: going is being released" });
    assert.deepEqual(released(judgeRoom(wish(8), claims, 8 * GIB)), ["idle"]);
  });

  it("is said not to come of releasing what is idle where that would not be enough", () => {
    const { reason } = judgeRoom(wish(6, { used: Infinity }), [claim("a", 4, { spare: 1 }), claim("b", 2, { pinned: true })], 8 * GIB) as { reason: string };
    assert.equal(reason, "it waits for 4 GiB of memory: a uses 4 GiB (idle), b uses 2 GiB (pinned), of 8 GiB; releasing what is idle would not be enough");
  });

  it("is said to be missing with who has it, and why it is not to be had", () => {
    const claims = [claim("a", 3, { standing: "busy" }), claim("b", 2, { pinned: true }), claim("c", 1, { standing: "loading" }), claim("d", 1, { standing: "busy" })];
    assert.deepEqual(judgeRoom(wish(4), claims, 8 * GIB), {
      kind: "wait",
      reason: "it waits for 3 GiB of memory: a uses 3 GiB (busy), b uses 2 GiB (pinned), c uses 1 GiB (loading), another uses the rest, of 8 GiB",
    });
  });

  it("never comes for one that is larger than all of it", () => {
    assert.deepEqual(judgeRoom(wish(1, { total: 9 * GIB }), [], 8 * GIB), { kind: "never", reason: "it needs 9 GiB, which is more than the 8 GiB that all tools together may use (memory.budget)" });
  });
});
