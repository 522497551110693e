import assert from "node:assert/strict";
import { test } from "node:test";
import { Health, type Watched } from "../../../daemon/health/health.ts";
import type { Usage } from "../../../daemon/worker/inspect.ts";
import type { HealthReport } from "../../../pipes/protocol/interfaces/worker.ts";
import type { WorkerHealth } from "../../../pipes/protocol/spec.ts";
import { turnedClock } from "../clock.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
type Answer = (report: HealthReport | null) => void;
const report = (fields: Partial<HealthReport> = {}): HealthReport => ({ calls: 0, silent: 0, idle: 0, clients: 0, released: false, ...fields });
/** Whoever answers at once, with what it is given. */
const telling = (fields: () => Partial<HealthReport>) => (answer: Answer) => answer(report(fields()));
const mute = (): void => undefined;

/** A worker as a test describes it, watched with the default budgets; the log of what became of it. */
function watched(over: Partial<Omit<Watched, "budgets" | "look">> & { budgets?: Partial<WorkerHealth>; cpuMs?: () => number } = {}) {
  const clock = turnedClock();
  const said: string[] = [];
  let asked = 0;
  const { budgets, cpuMs = () => 0, ask = telling(() => ({})), ...rest } = over;
  const worker = {
    budgets: { intervalMs: 10 * SECOND, answerMs: 20 * SECOND, progressMs: 10 * MINUTE, refuseMs: null, ...budgets },
    state: "idle",
    reason: "it answers",
    prompt: true,
    look: (at: number): Usage | null => ({ at, cpuMs: cpuMs(), readBytes: 0, majorFaults: 0 }),
    suspect: (what: string) => void said.push(`? ${what}`),
    giveUp: (cause: string, what: string) => void said.push(`${cause}: ${what}`),
    ...rest,
    ask: (answer: Answer) => {
      asked++;
      ask(answer);
    },
  };
  const health = new Health(worker, clock);
  health.watch();
  return { clock, said, worker, health, asked: () => asked };
}

test("a worker that answers is asked at each interval and left alone", () => {
  const { clock, said, asked, health } = watched({ ask: telling(() => ({ clients: 2 })) });
  clock.pass(60 * MINUTE);
  assert.deepEqual([asked(), said, clock.timers, health.report?.clients], [360, [], 1, 2]);
  health.unwatch();
  assert.deepEqual([clock.timers, health.report], [0, null]);
});

test("one that does not answer is suspected at half its time, once, and given up at the end of it", () => {
  const { clock, said } = watched({ ask: mute });
  clock.pass(29 * SECOND);
  assert.deepEqual(said, ["? it has not answered for 10 s"]);
  clock.pass(1 * SECOND);
  assert.deepEqual(said.slice(1), ["hang: it has not answered for 20 s"]);
  assert.equal(clock.timers, 0);
});

test("one that is suspected of not answering is asked once more", () => {
  let times = 0;
  const { clock, said } = watched({ ask: (answer) => void (++times === 2 && answer(report())) });
  clock.pass(29 * SECOND);
  assert.deepEqual([times, said], [2, ["? it has not answered for 10 s"]]);
});

test("one that answers late is suspected and left alone", () => {
  let answer: Answer = mute;
  const { clock, said } = watched({ ask: (given) => (answer = given) });
  clock.pass(28 * SECOND);
  answer(report());
  clock.pass(9 * SECOND);
  assert.deepEqual(said, ["? it has not answered for 10 s"]);
});

test("an answer to an earlier question does not count, nor one to a worker before", () => {
  const answers: Answer[] = [];
  const { clock, said, health } = watched({ ask: (given) => void answers.push(given) });
  clock.pass(11 * SECOND);
  health.watch();
  answers[0]?.(report());
  clock.pass(30 * SECOND);
  assert.equal(said.at(-1), "hang: it has not answered for 20 s");
});

test("time in which this process slept is nobody's silence", () => {
  let answer: Answer = mute;
  const { clock, said } = watched({ ask: (given) => (answer = given) });
  clock.pass(29 * SECOND);
  for (let night = 0; night < 3; night++) clock.sleep(8 * 60 * MINUTE);
  assert.deepEqual(said, ["? it has not answered for 10 s"]);
  answer(report({ calls: 1, silent: 24 * 60 * MINUTE }));
  clock.pass(10 * SECOND);
  answer(report({ calls: 1, silent: 24 * 60 * MINUTE + 10 * SECOND }));
  assert.equal(said.length, 1);
});

test("answers that wait for us to wake up are believed before anybody is given up", () => {
  const waiting: Answer[] = [];
  const { clock, said } = watched({ ask: (given) => void waiting.push(given) });
  clock.pass(29 * SECOND + 999);
  clock.sleep(60 * MINUTE);
  for (const answer of waiting) answer(report());
  clock.pass(9 * SECOND);
  assert.deepEqual(said, ["? it has not answered for 10 s"]);
});

test("requests that get no further are suspected at half their time and the worker given up at the end of it", () => {
  let began = 0;
  const { clock, said } = watched({ ask: telling(() => ({ calls: 2, silent: clock.now() - began })) });
  began = clock.now();
  clock.pass(9 * MINUTE);
  assert.deepEqual(said, ["? it has got no further with any of 2 requests for 5 min"]);
  clock.pass(MINUTE + SECOND);
  assert.deepEqual(said.slice(1), ["hang: it has got no further with any of 2 requests for 10 min"]);
});

test("a request that gets further now and then may take for ever", () => {
  let moved = 0;
  const { clock, said } = watched({ ask: telling(() => ({ calls: 1, silent: clock.now() - moved })) });
  for (let step = 0; step < 100; step++) {
    moved = clock.now();
    clock.pass(4 * MINUTE);
  }
  assert.deepEqual(said, []);
});

test("one that gets on after it was suspected is suspected anew the next time", () => {
  let moved = 0;
  const { clock, said } = watched({ ask: telling(() => ({ calls: 1, silent: clock.now() - moved })) });
  for (let step = 0; step < 2; step++) {
    moved = clock.now();
    clock.pass(6 * MINUTE);
  }
  assert.deepEqual(said, Array(2).fill("? it has got no further with its request for 5 min"));
});

test("a worker that was halted together with us is not judged by what it counts itself", () => {
  const { clock, said } = watched({ ask: telling(() => ({ calls: 1, silent: 60 * MINUTE })) });
  clock.pass(20 * SECOND);
  assert.deepEqual(said, []);
});

test("a load that tells nothing is left alone while its processes are at work, and given up when they are not", () => {
  let cpuMs = 0;
  let working = true;
  let began = 0;
  const { clock, said } = watched({ state: "loading", cpuMs: () => (working ? (cpuMs += 60_000) : cpuMs), ask: telling(() => ({ silent: clock.now() - began })) });
  began = clock.now();
  clock.pass(3 * 60 * MINUTE);
  assert.deepEqual(said, ["? it has got no further with its load for 5 min"]);
  working = false;
  clock.pass(11 * MINUTE);
  assert.equal(said.at(-1), "hang: it has got no further with its load for 10 min");
});

test("a worker that cannot answer because it loads is left alone while it is at work", () => {
  let cpuMs = 0;
  const { clock, said, worker } = watched({ state: "loading", cpuMs: () => (cpuMs += 10_000), ask: mute });
  clock.pass(60 * MINUTE);
  assert.deepEqual(said, ["? it has not answered for 10 s"]);
  worker.state = "idle";
  clock.pass(20 * SECOND);
  assert.equal(said.at(-1), "hang: it has not answered for 20 s");
});

test("a load whose processes cannot be looked at is not given up for that", () => {
  let began = 0;
  const { clock, said, worker } = watched({ state: "loading", ask: telling(() => ({ silent: clock.now() - began })) });
  began = clock.now();
  const { look } = worker;
  worker.look = () => null;
  clock.pass(60 * MINUTE);
  assert.equal(said.length, 1);
  worker.look = look;
  clock.pass(21 * MINUTE);
  assert.equal(said.at(-1), "hang: it has got no further with its load for 10 min");
});

test("a server of the older protocol is neither asked nor judged while it says that it is busy", () => {
  const { clock, said, asked, worker } = watched({ prompt: false, state: "inferring", ask: mute });
  clock.pass(60 * MINUTE);
  assert.deepEqual([asked(), said], [0, []]);
  worker.state = "idle";
  clock.pass(11 * SECOND);
  worker.state = "transcribing";
  clock.pass(60 * MINUTE);
  assert.deepEqual([asked(), said], [1, []]);
  worker.state = "idle";
  clock.pass(31 * SECOND);
  assert.equal(said.at(-1), "hang: it has not answered for 20 s");
});

test("a server of the older protocol that says nothing while it works is known by its work", () => {
  let cpuMs = 0;
  const { clock, said } = watched({ prompt: false, ask: mute, cpuMs: () => (cpuMs += 10_000) });
  clock.pass(60 * MINUTE);
  assert.deepEqual(said, ["? it has not answered for 10 s"]);
});

test("a worker that refuses is given up where there is a time for it, and only if it refuses all that time", () => {
  const { clock, said, worker } = watched({ budgets: { refuseMs: 5 * MINUTE }, state: "error", reason: "the model file is missing" });
  clock.pass(4 * MINUTE);
  worker.state = "idle";
  clock.pass(MINUTE);
  worker.state = "error";
  clock.pass(4 * MINUTE);
  assert.deepEqual(said, []);
  clock.pass(2 * MINUTE);
  assert.deepEqual(said, ["refusing: it has been in error for 5 min: the model file is missing"]);
});

test("never means never", () => {
  const silent = watched({ ask: mute, state: "error", budgets: { answerMs: null, progressMs: null, refuseMs: null } });
  silent.clock.pass(1000 * MINUTE);
  const stuck = watched({ ask: telling(() => ({ calls: 1, silent: 1000 * MINUTE })), budgets: { progressMs: null } });
  stuck.clock.pass(1000 * MINUTE);
  assert.deepEqual([silent.said, stuck.said], [[], []]);
});
