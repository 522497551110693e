import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Aim, PROMOTE_MS, settled, type Standing, succeed, type Succession, type SuccessionEffect, type SuccessionEvent } from "../../../daemon/succession/succession.ts";
import { policyWith } from "../worker/policies.ts";
import { specOf } from "../worker/specs.ts";

const aimOf = (hash: string, loadMs: number | null = null): Aim => ({ hash, why: `${hash} is wanted`, spec: specOf({ settings: { hash }, timeouts: { ...policyWith().timeouts, loadMs } }) });
const old = aimOf("old");
const good: Standing = { now: 1000, spec: old.spec, hash: "old", idle: false, ready: true, answers: true, alive: true, proven: true, alone: null, retireMs: 1000 };

/** Takes events one after another; gives the last phase and what each event led to. */
function run(events: ReadonlyArray<SuccessionEvent | Partial<Standing>>, from: Succession = settled): { phase: string; done: string[]; state: Succession } {
  let state = from;
  let at = good;
  const done: string[] = [];
  for (const event of events) {
    if (!("type" in event)) {
      at = { ...at, ...event };
      continue;
    }
    const [next, effects] = succeed(state, event, at);
    state = next;
    done.push(...effects.map(inShort));
  }
  return { phase: state.phase, done, state };
}

function inShort(effect: SuccessionEffect): string {
  if (effect.type === "settle") return `${effect.outcome.kind}: ${effect.outcome.reason}`;
  return "aim" in effect ? `${effect.type} ${effect.aim.hash}` : "spec" in effect ? `${effect.type} ${String(effect.spec.settings["hash"])}` : effect.type;
}

const aimed = (aim: Aim): SuccessionEvent => ({ type: "aimed", aim });
const a = aimed(aimOf("a"));
const b = aimed(aimOf("b"));
const KEPT = "kept: kept the settings before: the new ones failed: it broke";

describe("a change of settings", () => {
  it("prepares a standby, has the old worker leave the pipe, promotes the new one, and lets the old one end", () => {
    assert.deepEqual(run([a, { type: "standbyReady" }, { type: "retired" }, { type: "promoted" }, { type: "relievedGone" }]), {
      phase: "settled",
      done: ["startStandby a", "retire", "promote", "install a", "switched: the new worker was ready before the old one left: a is wanted"],
      state: settled,
    });
  });

  it("only notes what needs no process, or has none", () => {
    assert.deepEqual(run([aimed(old)]).done, ["configure old"]);
    assert.deepEqual(run([{ idle: true, alive: false }, a]).done, ["configure a", "noted: it has no process; the next one has the new settings"]);
  });

  for (const [why, standing] of [["there is no room for two", { alone: "there is no room" }], ["it is not ready", { ready: false }]] as const) {
    it(`has the old worker leave first when ${why}, and goes back to what has worked`, () => {
      assert.deepEqual(run([standing, a, { type: "incumbentReady" }]).done, ["replace a", "replaced: by a worker with the new settings: a is wanted"]);
      assert.deepEqual(run([standing, a, { type: "incumbentFailed", what: "it broke", dead: true }]).done, ["replace a", KEPT, "restore old"]);
      assert.deepEqual(run([{ ...standing, proven: false }, a, { type: "incumbentFailed", what: "it broke", dead: true }]).done, ["replace a", "failed: the new settings failed: it broke"]);
    });
  }

  it("leaves the old worker alone when the standby fails, whenever that is, and has it serve again", () => {
    const broke: SuccessionEvent = { type: "standbyFailed", what: "it broke" };
    assert.deepEqual(run([a, broke, { type: "standbyGone" }]), { phase: "settled", done: ["startStandby a", "endStandby", KEPT], state: settled });
    assert.deepEqual(run([a, { type: "standbyReady" }, broke]).done.slice(2), ["endStandby", KEPT, "recall"]);
    assert.deepEqual(run([a, { type: "standbyReady" }, { type: "retired" }, { type: "promoteFailed", what: "it broke" }]).done.slice(3), ["endStandby", KEPT, "recall"]);
  });

  it("gives a standby the time to load that its own settings say, from its last sign of progress", () => {
    const slow = aimed(aimOf("slow", 500));
    assert.equal(run([slow, { now: 1499 }, { type: "deadlinePassed" }]).phase, "preparing");
    assert.equal(run([slow, { now: 1400 }, { type: "progressed" }, { now: 1600 }, { type: "deadlinePassed" }]).phase, "preparing");
    assert.match(run([slow, { now: 1500 }, { type: "deadlinePassed" }]).done.at(-1) ?? "", /its loading got no further for 500 ms/);
  });

  it("ends an old worker that does not leave, and goes on when it has gone", () => {
    const stuck = [a, { type: "standbyReady" }, { now: 2000 }, { type: "deadlinePassed" }] as const;
    assert.deepEqual(run(stuck).done.slice(1), ["retire", "evict"]);
    assert.deepEqual(run([...stuck, { alive: false }, { type: "incumbentGone" }, { type: "promoted" }]).done.slice(3, 5), ["promote", "install a"]);
    assert.deepEqual(run([a, { answers: false }, { type: "standbyReady" }]).done.slice(1), ["evict"]);
    assert.deepEqual(run([a, { alive: false }, { type: "standbyReady" }]).done.slice(1), ["promote"]);
  });

  it("does not wait for ever for a standby that does not take over", () => {
    const { done, phase } = run([a, { type: "standbyReady" }, { type: "retired" }, { now: 1000 + PROMOTE_MS }, { type: "deadlinePassed" }]);
    assert.deepEqual([phase, done.at(-1)], ["discarding", "recall"]);
  });

  it("follows the latest of several changes, with one standby at a time", () => {
    assert.deepEqual(run([a, b, { type: "standbyGone" }]).done, ["startStandby a", "superseded: the settings have changed again", "endStandby", "again b"]);
    assert.deepEqual(run([a, { type: "standbyReady" }, b, { type: "retired" }, { type: "promoted" }, { type: "relievedGone" }]).done.at(-1), "again b");
    assert.deepEqual(run([a, aimed(old), { type: "standbyGone" }]).done.at(-1), "again old");
    assert.deepEqual(run([a, a]).done, ["startStandby a"]);
  });

  it("is given up by a stop; the next start is by what was aimed at", () => {
    assert.deepEqual(run([a, { type: "stopAsked" }, { type: "standbyGone" }]).done, ["startStandby a", "superseded: the tool was stopped meanwhile", "endStandby", "configure a"]);
  });

  it("never has two that read the pipe, nor two standbys, whatever comes, and comes to an end", () => {
    for (let seed = 1; seed <= 2000; seed++) storm(mulberry(seed), seed);
  });
});

/** A random life: what the effects ask for happens, fails, or takes its time. */
function storm(random: () => number, seed: number): void {
  let state: Succession = settled;
  let now = 0;
  let standby = false;
  let reads: "incumbent" | "standby" | "nobody" = "incumbent";
  let alive = true;
  let inForce = "old";
  const queue: SuccessionEvent[] = [];
  const perform = (effect: SuccessionEffect): void => {
    switch (effect.type) {
      case "startStandby":
        assert.equal(standby, false, `seed ${seed}: two standbys`);
        standby = true;
        break;
      case "endStandby":
        if (reads === "standby") reads = "nobody";
        standby = false;
        queue.push({ type: "standbyGone" });
        break;
      case "retire":
        if (random() < 0.7) {
          reads = "nobody";
          queue.push({ type: "retired" });
        } else if (random() < 0.5) queue.push({ type: "retireFailed", what: "no" });
        break;
      case "evict":
        alive = false;
        reads = "nobody";
        queue.push({ type: "incumbentGone" });
        break;
      case "promote":
        assert.notEqual(reads, "incumbent", `seed ${seed}: promoted beside one that reads`);
        if (standby && random() < 0.7) {
          reads = "standby";
          queue.push({ type: "promoted" });
        } else if (random() < 0.5) queue.push({ type: "promoteFailed", what: "no" });
        break;
      case "install":
        assert.equal(reads, "standby", `seed ${seed}: installed without serving`);
        reads = "incumbent";
        standby = false;
        inForce = effect.aim.hash;
        if (alive) queue.push({ type: "relievedGone" });
        alive = true;
        break;
      case "recall":
        assert.notEqual(reads, "standby", `seed ${seed}: recalled beside one that reads`);
        reads = "incumbent";
        alive = true;
        break;
      case "replace":
        inForce = String(effect.spec.settings["hash"]);
        queue.push(random() < 0.5 ? { type: "incumbentReady" } : { type: "incumbentFailed", what: "no", dead: true });
        break;
      case "restore":
      case "configure":
        inForce = String(effect.spec.settings["hash"]);
        break;
      case "again":
        queue.push({ type: "aimed", aim: effect.aim });
        break;
      case "settle":
        break;
    }
  };
  const take = (event: SuccessionEvent): void => {
    const [next, effects] = succeed(state, event, { ...good, now, hash: inForce, alive, ready: alive, alone: random() < 0.2 ? "no room" : null });
    state = next;
    for (const effect of effects) perform(effect);
  };
  for (let step = 0; step < 60; step++) {
    now += Math.floor(random() * 3000);
    const chance = random();
    const next = queue.shift();
    if (next !== undefined && chance < 0.6) take(next);
    else if (next !== undefined) queue.unshift(next);
    if (chance > 0.8) take({ type: "aimed", aim: aimOf(["a", "b", "old"][Math.floor(random() * 3)] ?? "a", 2000) });
    else if (chance > 0.7 && standby) take({ type: "standbyReady" });
    else if (chance > 0.65 && standby) take({ type: "standbyFailed", what: "no" });
    else if (chance > 0.62) take({ type: "deadlinePassed" });
  }
  for (let step = 0; step < 100 && (state.phase !== "settled" || queue.length > 0); step++) {
    now += 10_000;
    take(queue.shift() ?? { type: "deadlinePassed" });
  }
  assert.deepEqual([state.phase, standby, reads], ["settled", false, "incumbent"], `seed ${seed}`);
}

function mulberry(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
