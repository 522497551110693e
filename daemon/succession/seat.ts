import { EventEmitter } from "node:events";
import type { DeathRecord } from "../../pipes/protocol/registry.ts";
import { specHash } from "../../pipes/protocol/applies.ts";
import type { ToolSpec } from "../../pipes/protocol/spec.ts";
import type { LivingEntry } from "../inheritance/adoption.ts";
import { Handing } from "./handing.ts";
import { Instance, type InstanceOptions } from "./instance.ts";
import { isKnownServer, newsOfIncumbent, newsOfStandby, standingOf, works } from "./standing.ts";
import { type Aim, deadlineOf, type Outcome, settled, type Standing, succeed, type Succession, type SuccessionEffect, type SuccessionEvent } from "./succession.ts";
import { type Clock, LONGEST_TIMER_MS, systemClock } from "../worker/clock.ts";
import type { WorkerState } from "../worker/state.ts";
import { firstState } from "../worker/until.ts";
import { isDown } from "../worker/worker.ts";

export interface SeatOptions extends Pick<InstanceOptions, "pipes" | "ledgers" | "log" | "effects"> {
  readonly blocked: () => string | null;
  /** Why a second process by these settings is not to be had, as a clause; null when one is. */
  readonly alone: (spec: ToolSpec) => string | null;
  /** How often it was restarted under an earlier daemon. */
  readonly restarts?: number;
  readonly clock?: Clock;
}

interface SeatEvents {
  /** The state of the incumbent, or who that is. */
  changed: [state: WorkerState, before: WorkerState];
  /** Anything else that is to be seen of it. */
  learnt: [];
  died: [record: DeathRecord];
  /** This one has been relieved by the one that is the incumbent now. */
  relieved: [before: Instance];
  settled: [outcome: Outcome];
}

/**
 * The place from which a tool is served, and the workers that hold it one after another: performs what the succession says. At a
 * change of settings there are two for a while, of which one at most reads the tool's pipe.
 */
export class Seat extends EventEmitter<SeatEvents> {
  incumbent: Instance;
  standby: Instance | null = null;
  relieved: Instance | null = null;
  readonly #options: SeatOptions;
  readonly #clock: Clock;
  readonly #queue: SuccessionEvent[] = [];
  readonly #waiting: Array<(outcome: Outcome) => void> = [];
  #state: Succession = settled;
  #taking = false;
  #proven = false;
  #hash: string;
  readonly #handing = new Handing((event) => this.#take(event));
  #cancelTimer: (() => void) | null = null;

  constructor(spec: ToolSpec, options: SeatOptions) {
    super();
    this.setMaxListeners(0); // as many as wait for it
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#hash = specHash(spec);
    this.incumbent = this.#instance(spec, false);
  }

  get phase(): Succession["phase"] {
    return this.#state.phase;
  }

  /** Of the settings in force: by which its process was started. */
  get hash(): string {
    return this.#hash;
  }

  /** Makes `spec` the tool's settings, by another process where that is needed. Resolves when it is known what came of it. */
  aim(spec: ToolSpec, why: string): Promise<Outcome> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#take({ type: "aimed", aim: { spec, hash: specHash(spec), why } });
      if (this.#state.phase === "settled") this.#resolve({ kind: "noted", reason: "nothing needed another process" });
    });
  }

  /** `spec` is in force without another process: the one that runs has taken it over, or needs not to know. */
  accept(spec: ToolSpec): void {
    this.#hash = specHash(spec);
    this.incumbent.worker.configure(spec);
    this.emit("learnt");
  }

  /** Takes over the process of an earlier daemon. */
  adopt(entry: LivingEntry, reason: string): void {
    this.#hash = entry.specHash;
    this.incumbent.adopt(entry, reason);
  }

  stop(reason: string): void {
    this.incumbent.worker.stop(reason);
    this.#take({ type: "stopAsked" });
  }

  /** Resolves with the first state of whoever is in force, this one included, of which `holds` is true. */
  until(holds: (state: WorkerState) => boolean): Promise<WorkerState> {
    return firstState(this, this.incumbent.worker.state, holds);
  }

  /** Resolves when nothing of any of them lives, and none is to be started. */
  async ended(): Promise<void> {
    for (;;) {
      const alive = this.instances.filter(({ worker }) => !isDown(worker.state));
      if (alive.length === 0) return;
      await Promise.all(alive.map(({ worker }) => worker.until(isDown)));
    }
  }

  /** The incumbent first. */
  get instances(): Instance[] {
    return [this.incumbent, this.standby, this.relieved].filter((instance) => instance !== null);
  }

  #take(event: SuccessionEvent): void {
    this.#queue.push(event);
    if (this.#taking) return;
    this.#taking = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#step(next);
    } finally {
      this.#taking = false;
    }
  }

  #step(event: SuccessionEvent): void {
    const [state, effects] = succeed(this.#state, event, this.#standing(event));
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
    this.#setTimer();
  }

  #standing(event: SuccessionEvent): Standing {
    const alone = (spec: ToolSpec): string | null => (isKnownServer(spec, this.incumbent) ? this.#options.alone(spec) : "it may not be built on our server");
    return {
      ...standingOf(this.incumbent),
      now: this.#clock.now(),
      hash: this.#hash,
      proven: this.#proven,
      alone: event.type === "aimed" ? alone(event.aim.spec) : null,
    };
  }

  #perform(effect: SuccessionEffect): void {
    const { worker } = this.incumbent;
    switch (effect.type) {
      case "configure":
        return this.#configure(effect.spec);
      case "replace":
        this.#configure(effect.spec);
        return worker.restart(effect.why);
      case "restore":
        return this.#restore(effect.spec, effect.why, effect.dead);
      case "startStandby":
        this.standby = this.#instance(effect.aim.spec, true);
        return this.standby.worker.start(effect.aim.why);
      case "endStandby":
        return this.#endStandby(effect.why);
      case "retire":
        return this.#handing.retire(this.incumbent);
      case "evict":
        this.incumbent.connector.keep(true);
        return worker.stop(effect.why);
      case "promote":
        if (this.standby === null) return this.#take({ type: "promoteFailed", what: "it ended" });
        return this.#handing.promote(this.incumbent, this.standby);
      case "install":
        return this.#install(effect.aim);
      case "recall":
        worker.look();
        return this.#handing.recall(this.incumbent, effect.evicted);
      case "settle":
        return this.#settle(effect.outcome);
      case "again":
        return void this.#queue.unshift({ type: "aimed", aim: effect.aim });
    }
  }

  #configure(spec: ToolSpec): void {
    if (specHash(spec) !== this.#hash) this.#proven = false;
    this.accept(spec);
  }

  #endStandby(why: string): void {
    const { standby } = this;
    if (standby === null || isDown(standby.worker.state)) return this.#forgetStandby();
    standby.worker.stop(why);
  }

  #forgetStandby(): void {
    this.standby = null;
    this.emit("learnt");
    this.#take({ type: "standbyGone" });
  }

  /** The tool's FIFO goes over to the one who reads it, and with it the duty to hold it. */
  #install(aim: Aim): void {
    const { incumbent: before, standby: next } = this;
    if (next === null) return;
    before.connector.handOver(next.connector);
    this.incumbent = next;
    this.standby = null;
    this.relieved = before;
    this.#hash = aim.hash;
    this.#proven = true;
    next.install(aim.spec);
    this.emit("relieved", before);
    this.emit("changed", next.worker.state, before.worker.state);
    if (isDown(before.worker.state)) {
      before.connector.release();
      this.#forgetRelieved();
    } else before.worker.stop("its successor serves");
  }

  #forgetRelieved(): void {
    this.relieved = null;
    this.emit("learnt");
    this.#take({ type: "relievedGone" });
  }

  #restore(spec: ToolSpec, why: string, dead: boolean): void {
    this.#configure(spec);
    const { worker } = this.incumbent;
    if (!dead) return worker.restart(why);
    // Its restart policy, which is being asked just now, may start it at once, and by these very settings.
    queueMicrotask(() => worker.state.phase !== "starting" && worker.restart(why));
  }

  #settle(outcome: Outcome): void {
    this.emit("settled", outcome);
    if (outcome.kind !== "superseded" || this.#state.phase === "settled" || (this.#state.phase === "discarding" && this.#state.next === null)) this.#resolve(outcome);
  }

  #resolve(outcome: Outcome): void {
    for (const resolve of this.#waiting.splice(0)) resolve(outcome);
  }

  #instance(spec: ToolSpec, standby: boolean): Instance {
    const { pipes, ledgers, log, effects } = this.#options;
    let lastDeath: string | null = null;
    const instance: Instance = new Instance(spec, {
      pipes,
      ledgers,
      log,
      effects,
      standby,
      restarts: standby ? 0 : (this.#options.restarts ?? 0),
      onSpawn: (spec) => {
        if (instance === this.incumbent) this.#hash = specHash(spec);
      },
      blocked: () => (this.incumbent === instance ? this.#blocked() : null),
      onState: (state, before) => {
        if (instance === this.incumbent) this.#incumbentChanged(state, before);
        else if (instance === this.standby) this.#standbyChanged(state, lastDeath);
        else if (instance === this.relieved && isDown(state)) this.#forgetRelieved();
      },
      onDeath: (record) => {
        lastDeath = record.what;
        if (instance !== this.incumbent) return;
        this.emit("died", record);
        this.#take({ type: "incumbentFailed", what: record.what, dead: true });
      },
      onProgress: () => this.#take({ type: "progressed" }),
      onLearnt: () => this.emit("learnt"),
    });
    return instance;
  }

  /** One that dies on the way out is not to come back beside its successor. */
  #blocked(): string | null {
    return this.phase === "handing" || this.phase === "promoting" ? "its successor is about to serve" : this.#options.blocked();
  }

  #incumbentChanged(state: WorkerState, before: WorkerState): void {
    if (works(state)) this.#proven = true;
    this.emit("changed", state, before);
    for (const event of newsOfIncumbent(state, before)) if (event.type !== "stopAsked" || this.phase !== "evicting") this.#take(event);
  }

  #standbyChanged(state: WorkerState, lastDeath: string | null): void {
    this.emit("learnt");
    const event = newsOfStandby(state, lastDeath);
    if (event !== null) this.#take(event);
    if (isDown(state)) this.#forgetStandby();
  }

  #setTimer(): void {
    this.#cancelTimer?.();
    const deadline = deadlineOf(this.#state);
    const wait = deadline === null ? null : Math.min(LONGEST_TIMER_MS, Math.max(0, deadline - this.#clock.now()));
    this.#cancelTimer = wait === null ? null : this.#clock.after(wait, () => this.#take({ type: "deadlinePassed" }));
  }
}
