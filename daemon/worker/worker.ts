import { EventEmitter } from "node:events";
import type { DeathRecord } from "../../pipes/protocol/registry.ts";
import type { ToolSpec } from "../../pipes/protocol/spec.ts";
import { type Clock, LONGEST_TIMER_MS, systemClock } from "./clock.ts";
import { transition } from "./machine.ts";
import type { PipeEvent, WorkerPipe } from "./pipe.ts";
import { firstState } from "./until.ts";
import { type Death, initialState, type Effect, type EventOf, type WorkerEvent, type WorkerState } from "./state.ts";

export type Report = (event: WorkerEvent) => void;
/** Whether a worker is on its way out because it was stopped, and not because it died: then whatever it has started is waited for. */
export type Leaving = () => boolean;

/** What a worker does to the world beside its pipe. processes.ts is the real one. */
export interface Effects {
  /** Reports `spawned` (or `spawnFailed`) at once, or when an earlier worker of the tool has been ended; `exited` later. @throws ToolError when its log cannot be written */
  spawn(spec: ToolSpec, report: Report, leaving: Leaving): void;
  signalGroup(pid: number, signal: EventOf<"exited">["signal"] & string): void;
  awaitGroup(pid: number, report: Report): void;
  /** Reports the end of a process that this program has not started, as `exited`, mostly without a code. */
  watch(spec: ToolSpec, born: Born, report: Report, leaving: Leaving): void;
  /** A standby has become its tool's worker: what it holds has the tool's name from now on. */
  promoted(spec: ToolSpec): void;
  /** Something speaks for the end of a process: if it is watched, it is looked at. */
  look(pid: number): void;
  /** Looks whether a silent process is at work, and reports `inspected`. */
  inspect(pid: number, report: Report): void;
  /** The kernel's start time of a process, null when there is none. */
  startTimeOf(pid: number): string | null;
  /** One line for the log. */
  record(line: WorkerRecord): void;
}
export type WorkerRecord =
  | { readonly type: "transition"; readonly tool: string; readonly from: string; readonly to: string; readonly reason: string; readonly state: WorkerState }
  | { readonly type: "effect-failed"; readonly tool: string; readonly effect: Effect["type"]; readonly error: Error };

export interface WorkerParts {
  readonly effects: Effects;
  readonly pipe: WorkerPipe;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Why it must not be started now, as a sentence; null when it may. */
  readonly blocked?: () => string | null;
  /** How often it was restarted under an earlier daemon. */
  readonly restarts?: number;
}

/** A process, named so that it cannot be taken for a later one of the same pid. */
export interface Born {
  readonly pid: number;
  readonly startTime: string | null;
  /** ISO 8601. */
  readonly at: string;
  /** The value of PIPE_TOOLS_RUN in its environment; null for one that has none. */
  readonly run: string | null;
}

/**
 * One tool's worker: keeps the machine's state, its one timer, and performs what it says. Events that effects bring about are taken
 * one after another, never inside each other. Emits `changed` with the new state and the one before.
 */
export class Worker extends EventEmitter<{ changed: [state: WorkerState, before: WorkerState]; died: [record: DeathRecord] }> {
  private currentState: WorkerState;
  private currentSpec: ToolSpec;
  private process: Born | null = null;
  private readonly parts: Required<WorkerParts>;
  private readonly queue: WorkerEvent[] = [];
  private taking = false;
  private cancelTimer: (() => void) | null = null;
  private timerFor: number | null = null;
  /** Counts connections, so that nothing is believed that an earlier one says. */
  private connection = 0;

  constructor(spec: ToolSpec, parts: WorkerParts) {
    super();
    this.setMaxListeners(0); // as many as wait for it
    this.currentSpec = spec;
    this.parts = { clock: systemClock, random: Math.random, blocked: () => null, restarts: 0, ...parts };
    this.currentState = { ...initialState(this.parts.clock.now()), restarts: this.parts.restarts };
  }

  get state(): WorkerState {
    return this.currentState;
  }

  get spec(): ToolSpec {
    return this.currentSpec;
  }

  /** Its process, until the whole group of it is gone. */
  get born(): Born | null {
    return this.process;
  }

  start(reason: string): void {
    this.take({ type: "wantedUp", reason });
  }

  /** Begins to stop it; `until(isDown)` resolves when no process of it is left. */
  stop(reason: string): void {
    this.take({ type: "wantedDown", reason });
  }

  restart(reason: string): void {
    this.take({ type: "restartAsked", reason });
  }

  /** Makes it have no process until a request comes. */
  rest(reason: string): void {
    this.take({ type: "restAsked", reason });
  }

  /** What `blocked` says may have changed. */
  look(): void {
    if (this.currentState.phase === "waiting") this.take({ type: "gateChanged" });
  }

  /** It will never be started as things are: what waits for it is told so. */
  refuse(reason: string): void {
    this.take({ type: "refused", reason });
  }

  /** Takes over a process of an earlier daemon that is proven to be this tool's. */
  adopt(process: Born, restarts: number, reason: string): void {
    this.process = process;
    this.take({ type: "adopted", pid: process.pid, restarts, reason });
  }

  /** Its process is alive and of no use: it is replaced. `what` is a clause. */
  giveUp(cause: EventOf<"hung">["cause"], what: string): void {
    const { pid } = this.currentState;
    if (pid !== null) this.take({ type: "hung", pid, cause, what });
  }

  /** The spec that the next process is started by; what it says of restarts and timeouts holds at once. */
  configure(spec: ToolSpec): void {
    this.currentSpec = spec;
  }

  /** Resolves with the first state, this one included, of which `holds` is true. */
  until(holds: (state: WorkerState) => boolean): Promise<WorkerState> {
    return firstState(this, this.currentState, holds);
  }

  private readonly take = (event: WorkerEvent): void => {
    this.queue.push(event);
    if (this.taking) return;
    this.taking = true;
    try {
      for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) this.step(next);
    } finally {
      this.taking = false;
    }
  };

  private step(event: WorkerEvent): void {
    const { clock, random, blocked } = this.parts;
    const before = this.currentState;
    const policy = { restart: this.currentSpec.restart, timeouts: this.currentSpec.timeouts, blocked: blocked() };
    const [state, effects] = transition(before, event, policy, clock.now(), random());
    this.currentState = state;
    for (const effect of effects) this.perform(effect);
    this.setTimer();
    if (state.pid !== (this.process?.pid ?? null)) this.process = state.pid === null ? null : this.identify(state.pid, event.type === "spawned" ? (event.run ?? null) : null);
    if (state !== before) this.emit("changed", state, before);
  }

  private perform(effect: Effect): void {
    const { effects, pipe } = this.parts;
    const tool = this.currentSpec.name;
    try {
      switch (effect.type) {
        case "holdFifo":
          return pipe.hold();
        case "releaseFifo":
          return pipe.release();
        case "watchFifo":
          return pipe.watch(() => this.take({ type: "requested" }));
        case "unwatchFifo":
          return pipe.unwatch();
        case "spawn":
          return effects.spawn(this.currentSpec, this.take, this.leaving);
        case "watch":
          return effects.watch(this.currentSpec, this.process ?? this.identify(effect.pid, null), this.take, this.leaving);
        case "inspect":
          return effects.inspect(effect.pid, this.take);
        case "mourn":
          return void this.emit("died", this.recordOf(effect.death));
        case "connect":
          return pipe.connect(effect.pid, this.onlyNow());
        case "disconnect":
          this.connection++;
          return pipe.disconnect();
        case "drain":
          return pipe.drain();
        case "askToStop":
          return pipe.stop();
        case "signalGroup":
          return effects.signalGroup(effect.pid, effect.signal);
        case "awaitGroup":
          return effects.awaitGroup(effect.pid, this.take);
        case "record":
          return effects.record({ type: "transition", tool, from: effect.from, to: effect.to, reason: effect.reason, state: this.currentState });
      }
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      effects.record({ type: "effect-failed", tool, effect: effect.type, error });
      if (effect.type === "spawn") this.take({ type: "spawnFailed", reason: error.message });
    }
  }

  private readonly leaving: Leaving = () => this.currentState.phase === "stopping" && this.currentState.after.kind !== "death";

  private identify(pid: number, run: string | null): Born {
    return { pid, startTime: this.parts.effects.startTimeOf(pid), at: new Date().toISOString(), run };
  }

  /** Its process is still the one that has died: effects come before the state's. */
  private recordOf({ cause, code, signal, what }: Death): DeathRecord {
    const ran = this.process === null ? null : Math.max(0, Date.now() - Date.parse(this.process.at));
    return { at: new Date().toISOString(), cause, code, signal, what, ran };
  }

  private onlyNow(): (event: PipeEvent) => void {
    const connection = ++this.connection;
    return (event) => {
      if (connection === this.connection) this.take(event);
    };
  }

  private setTimer(): void {
    const { deadline } = this.currentState;
    if (deadline === this.timerFor) return;
    this.cancelTimer?.();
    this.cancelTimer = null;
    this.timerFor = deadline;
    if (deadline === null) return;
    const { clock } = this.parts;
    this.cancelTimer = clock.after(Math.min(LONGEST_TIMER_MS, Math.max(0, deadline - clock.now())), () => {
      this.timerFor = null; // it may have been too short a timer: the next step sets another
      this.take({ type: "deadlinePassed" });
    });
  }
}

/** Nothing of it lives. */
export function isDown(state: WorkerState): boolean {
  return state.phase === "down";
}
