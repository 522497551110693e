import type { WorkerHealth } from "../../pipes/protocol/spec.ts";
import type { HealthReport } from "../../pipes/protocol/interfaces/worker.ts";
import type { Clock } from "../worker/clock.ts";
import { type Usage, workBetween } from "../worker/inspect.ts";
import { inWords } from "../worker/restart.ts";

/** The worker that is watched, and what is done about it. */
export interface Watched {
  /** `health:` of its spec, as it is now. */
  readonly budgets: WorkerHealth;
  /** What it said of itself last. */
  readonly state: string | null;
  readonly reason: string;
  /** It is built to answer whatever it does: one that speaks our additions. */
  readonly prompt: boolean;
  /** Asks how it does. `answered` is called once it has answered, with null when it has nothing to tell but that. */
  ask(answered: (report: HealthReport | null) => void): void;
  /** What its processes have used so far; null when that cannot be seen now. */
  look(at: number): Usage | null;
  /** Something to be noted before anything is done. */
  suspect(what: string): void;
  giveUp(cause: "hang" | "refusing", what: string): void;
}

/** States in which a server of the older protocol is free to answer. In any other it may be at work, and answers afterwards. */
const FREE: ReadonlySet<string> = new Set(["idle", "ready", "paused", "error", "listening"]);
/** The time that an answer may take is counted in so many steps. */
const STEPS = 8;
/** A timer that is so much too late, in ms, tells of this process or machine, not of the worker. */
const LATE_MS = 100;

/**
 * Tells a worker that hangs from one that is busy: asks it now and then, and judges by whether it answers, gets further, and does not
 * refuse. Only time in which this process was awake counts: after a suspension of the machine, or a halt of the daemon, everybody has
 * their whole time again. One timer, and none while nothing is watched.
 */
export class Health {
  readonly #worker: Watched;
  readonly #clock: Clock;
  #cancel: (() => void) | null = null;
  /** The question that is open; an answer to another one does not count. */
  #question: object | null = null;
  /** Awake ms: since the open question, since the answer before it, without progress, and in the state `error`. */
  #unanswered = 0;
  #awake = 0;
  #stuck = 0;
  #refusing = 0;
  #answeredAt = 0;
  #suspected = false;
  /** What its processes had used when they were suspected. */
  #used: Usage | null = null;
  #report: HealthReport | null = null;

  constructor(worker: Watched, clock: Clock) {
    this.#worker = worker;
    this.#clock = clock;
  }

  /** What it said last; null when it has said nothing, or cannot. */
  get report(): HealthReport | null {
    return this.#report;
  }

  /** Begins with a worker of which nothing is known. */
  watch(): void {
    this.unwatch();
    this.#answeredAt = this.#clock.now();
    this.#rest();
  }

  unwatch(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#question = null;
    this.#unanswered = this.#awake = this.#stuck = this.#refusing = 0;
    this.#calm();
    this.#report = null;
  }

  /** Waits `ms`, and then counts them, if this process was awake. */
  #wait(ms: number, then: (counted: number) => void): void {
    const begun = this.#clock.now();
    this.#cancel?.();
    this.#cancel = this.#clock.after(ms, () => {
      this.#cancel = null;
      const late = this.#clock.now() - begun - ms;
      then(late > Math.max(LATE_MS, ms / 2) ? 0 : ms);
    });
  }

  #rest(): void {
    const { budgets, state } = this.#worker;
    const left = [untilNext(budgets.intervalMs, this.#clock.now())];
    if (budgets.refuseMs !== null && state === "error") left.push(budgets.refuseMs - this.#refusing);
    if (budgets.progressMs !== null && this.#stuck > 0) left.push((this.#stuck * 2 < budgets.progressMs ? budgets.progressMs / 2 : budgets.progressMs) - this.#stuck);
    this.#wait(Math.max(1, Math.min(...left)), (counted) => {
      this.#awake += counted;
      this.#begin();
    });
  }

  #begin(): void {
    if (this.#isRefusing() || this.#isBusy()) return;
    this.#question = {};
    this.#unanswered = 0;
    this.#await();
    this.#ask();
  }

  #ask(): void {
    const question = this.#question;
    this.#worker.ask((report) => this.#question === question && this.#answered(report));
  }

  /** A server that cannot answer while it works is not asked then. */
  #isBusy(): boolean {
    const { prompt, state } = this.#worker;
    if (prompt || state === null || FREE.has(state)) return false;
    this.#question = null;
    this.#awake = 0;
    this.#calm();
    this.#rest();
    return true;
  }

  #isRefusing(): boolean {
    const { budgets, state, reason } = this.#worker;
    this.#refusing = state === "error" ? this.#refusing + this.#awake : 0;
    if (budgets.refuseMs === null || this.#refusing < budgets.refuseMs) return false;
    this.#giveUp("refusing", `it has been in error for ${inWords(budgets.refuseMs)}: ${reason}`);
    return true;
  }

  #await(): void {
    const { answerMs } = this.#worker.budgets;
    if (answerMs === null) return;
    this.#wait(answerMs / STEPS, (counted) => {
      this.#awake += counted;
      this.#unanswered += counted;
      if (this.#isBusy()) return;
      if (this.#unanswered >= answerMs) return this.#silent(answerMs);
      this.#await();
      if (this.#unanswered * 2 < answerMs || this.#suspected) return;
      this.#suspect(`it has not answered for ${inWords(this.#unanswered)}`);
      this.#ask(); // the first time it may have been the connection that was lost
    });
  }

  /** What answers by a loop that is free hangs when it does not; of what loads, and of others, it shows whether they are at work. */
  #silent(answerMs: number): void {
    const { prompt, state } = this.#worker;
    if ((!prompt || state === "loading") && this.#atWork()) {
      this.#unanswered = answerMs / 2;
      return this.#await();
    }
    this.#giveUp("hang", `it has not answered for ${inWords(answerMs)}`);
  }

  #answered(report: HealthReport | null): void {
    this.#question = null;
    this.#report = report;
    const elapsed = this.#clock.now() - this.#answeredAt;
    this.#answeredAt = this.#clock.now();
    if (report === null || !this.#isStuck(report, elapsed)) return this.#next();
    const { state, budgets } = this.#worker;
    if (state === "loading" && this.#atWork()) {
      this.#stuck = (budgets.progressMs ?? 0) / 2;
      return this.#next();
    }
    this.#giveUp("hang", this.#noProgress(report, budgets.progressMs ?? 0));
  }

  #next(): void {
    this.#awake = 0;
    if (this.#stuck === 0) this.#calm();
    this.#rest();
  }

  /** It has got no further for too long. What it counts itself includes time in which nobody was awake. */
  #isStuck(report: HealthReport, elapsed: number): boolean {
    const { progressMs } = this.#worker.budgets;
    const idle = report.calls === 0 && this.#worker.state !== "loading";
    this.#stuck = idle ? 0 : Math.min(report.silent, (report.silent < elapsed ? 0 : this.#stuck) + this.#awake);
    if (progressMs === null || this.#stuck * 2 < progressMs) {
      if (this.#suspected) this.#calm();
      return false;
    }
    if (this.#stuck >= progressMs) return true;
    this.#suspect(this.#noProgress(report, this.#stuck));
    return false;
  }

  #noProgress({ calls }: HealthReport, ms: number): string {
    const what = calls === 0 ? "its load" : calls === 1 ? "its request" : `any of ${calls} requests`;
    return `it has got no further with ${what} for ${inWords(ms)}`;
  }

  #suspect(what: string): void {
    if (this.#suspected) return;
    this.#suspected = true;
    this.#used = this.#worker.look(this.#clock.now());
    this.#worker.suspect(what);
  }

  #calm(): void {
    this.#suspected = false;
    this.#used = null;
  }

  /** Whether its processes have done anything since the last look; what cannot be seen is not held against it. */
  #atWork(): boolean {
    const before = this.#used;
    this.#used = this.#worker.look(this.#clock.now());
    return before === null || this.#used === null || workBetween(before, this.#used) !== null;
  }

  #giveUp(cause: "hang" | "refusing", what: string): void {
    this.unwatch();
    this.#worker.giveUp(cause, what);
  }
}

/** The end of a stretch of `intervalMs` by the clock, the same for all workers, so that this process wakes up once for all of them. */
function untilNext(intervalMs: number, now: number): number {
  const left = intervalMs - (now % intervalMs);
  return left < intervalMs / 2 ? left + intervalMs : left;
}
