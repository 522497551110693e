import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { backoffDelay, inWords, judge, withinWindow, type History, type Verdict } from "../../../daemon/worker/restart.ts";
import type { Death } from "../../../daemon/worker/state.ts";
import { restartPolicy } from "./policies.ts";

const exit = (code: number): Death => ({ cause: "crash", code, signal: null, what: `it exited with code ${code}` });
const killed: Death = { cause: "crash", code: null, signal: "SIGKILL", what: "it was ended by SIGKILL" };
const unanswered: Death = { cause: "unanswered", code: null, signal: null, what: "it did not answer within 30 s" };
const notSpawned: Death = { cause: "not-spawned", code: null, signal: null, what: "there is no such program" };
const first: History = { deaths: 1, window: [0], probing: false };
const third: History = { deaths: 3, window: [0, 1, 2], probing: false };
const tooMany: History = { deaths: 6, window: [0, 1, 2, 3, 4, 5], probing: false };
const probe: History = { deaths: 6, window: [9], probing: true };

/** With initial 200 ms, factor 2, no jitter, limit 5 in 60 s, probe 60 s. */
const rows: Array<[policy: "always" | "on-failure" | "never", death: Death, history: History, verdict: string]> = [
  ["always", exit(0), first, "restart after 0"],
  ["always", exit(1), first, "restart after 0"],
  ["always", killed, first, "restart after 0"],
  ["always", killed, third, "restart after 400"],
  ["always", unanswered, third, "restart after 400"],
  ["always", notSpawned, first, "restart after 0"],
  ["always", exit(1), tooMany, "fail, probe after 60000"],
  ["always", exit(1), probe, "fail, probe after 60000"],
  ["always", exit(0), probe, "fail, probe after 60000"],
  ["always", exit(125), first, "fail for good"],
  ["always", exit(125), probe, "fail for good"],
  ["on-failure", exit(0), first, "rest"],
  ["on-failure", exit(0), probe, "rest"],
  ["on-failure", exit(1), first, "restart after 0"],
  ["on-failure", killed, third, "restart after 400"],
  ["on-failure", exit(1), tooMany, "fail, probe after 60000"],
  ["on-failure", exit(125), first, "fail for good"],
  ["never", exit(0), first, "rest"],
  ["never", exit(1), first, "fail for good"],
  ["never", killed, first, "fail for good"],
  ["never", unanswered, first, "fail for good"],
  ["never", notSpawned, first, "fail for good"],
  ["never", exit(125), first, "fail for good"],
];

describe("the restart policy", () => {
  for (const [policy, death, history, expected] of rows) {
    const at = history === first ? "the first time" : history === third ? "the third time in a row" : history === probe ? "in its probe" : "past the limit";
    it(`${policy}: ${death.what}, ${at} → ${expected}`, () => {
      assert.equal(shortly(judge(death, history, restartPolicy({ policy }), 0)), expected);
    });
  }

  it("waits within its bounds, however often and however unluckily a worker dies", () => {
    const shape = { initialMs: fc.integer({ min: 1, max: 10_000 }), factor: fc.double({ min: 1, max: 100, noNaN: true }), maxMs: fc.integer({ min: 1, max: 1e6 }), jitter: fc.double({ min: 0, max: 1, noNaN: true }) };
    fc.assert(
      fc.property(fc.record(shape), fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (backoff, deaths, random) => {
        const delay = backoffDelay(deaths, backoff, random);
        if (deaths === 1) return delay === 0;
        const least = Math.min(backoff.maxMs, backoff.initialMs) * (1 - backoff.jitter);
        return delay >= Math.floor(least) && delay <= backoff.maxMs;
      }),
    );
  });

  it("grows its wait by the factor up to the cap", () => {
    const backoff = { initialMs: 200, factor: 2, maxMs: 1000, jitter: 0 };
    assert.deepEqual([1, 2, 3, 4, 5, 6].map((deaths) => backoffDelay(deaths, backoff, 0.9)), [0, 200, 400, 800, 1000, 1000]);
  });

  it("forgets deaths that are older than the window", () => {
    const policy = restartPolicy({ limit: { count: 5, windowMs: 100 } });
    assert.deepEqual(withinWindow([1, 50, 120], 150, policy), [120, 150]);
    assert.deepEqual(withinWindow([1, 2, 3, 4, 5, 6], 7, policy), [2, 3, 4, 5, 6, 7], "no more are kept than the limit needs");
  });

  it("says times as people do", () => {
    assert.deepEqual([0, 250, 1500, 30_000, 90_000, 600_000].map(inWords), ["0 ms", "250 ms", "1.5 s", "30 s", "90 s", "10 min"]);
  });
});

function shortly(verdict: Verdict): string {
  if (verdict.kind === "restart") return `restart after ${verdict.delay}`;
  if (verdict.kind === "rest") return "rest";
  return verdict.probe === null ? "fail for good" : `fail, probe after ${verdict.probe}`;
}
