import type { Logger } from "pino";
import { ToolError } from "../../pipes/protocol/errors.ts";
import type { ToolEvent } from "../../pipes/protocol/messages.ts";
import { type DeathRecord, DEATHS_KEPT, type RegistryEntry } from "../../pipes/protocol/registry.ts";
import { canonical, specHash } from "../../pipes/protocol/applies.ts";
import type { ToolSpec } from "../../pipes/protocol/spec.ts";
import type { LivingEntry } from "../inheritance/adoption.ts";
import type { Instance } from "../succession/instance.ts";
import { logPath } from "../logs/logger.ts";
import { Seat } from "../succession/seat.ts";
import type { Outcome } from "../succession/succession.ts";
import type { WorkerState } from "../worker/state.ts";
import type { Effects, Worker } from "../worker/worker.ts";

export interface ToolOptions {
  readonly pipes: string;
  readonly logs: string;
  readonly ledgers: string;
  readonly log: Logger;
  readonly effects: Effects;
  /** Why no process of it may be started now, as a sentence; null when one may. */
  readonly blocked: (name: string) => string | null;
  /** Why there is no room for a second process of a tool, as a clause; null, which is the default, when there is. */
  readonly roomFor?: (spec: ToolSpec) => string | null;
  /** The worker in force has another state. */
  readonly onState: (state: WorkerState, before: WorkerState) => void;
  /** Something about the tool is different from what `entry` said before. */
  readonly onChanged: (tool: Tool) => void;
}

/** Smaller changes of its memory are no news. */
const NOTABLE_BYTES = 1024 * 1024;

/** What goes on from an earlier daemon, the process aside. */
export type History = Pick<RegistryEntry, "deaths" | "restarts">;

/** What came of settings that were offered to the process that runs; `reason` is a clause. `superseded`: others were, meanwhile. */
export type Adjusted = { readonly kind: "taken" } | { readonly kind: "superseded" } | { readonly kind: "refused"; readonly reason: string };

/** One tool of the fleet: who serves it, by which settings, and what is to be said of it. */
export class Tool {
  readonly #options: ToolOptions;
  readonly #seat: Seat;
  #deaths: DeathRecord[];
  /** Restarts of the workers that have been relieved. */
  #restarts = 0;
  /** What came of the last change of settings, where that is not what they say. */
  #note: string | null = null;
  /** It goes on with other settings than tools.yaml has, and the note says why. */
  #kept = false;
  /** What it was last told to be; in force once a change that is under way has ended. */
  #aim: ToolSpec;
  /** The last offer of settings to its process, and all before it. */
  #offers: Promise<unknown> = Promise.resolve();
  #memory: number | null = null;
  /** It has failed because it is larger than all the memory that there is for tools. */
  #refused = false;
  /** What a server that waits for room waits for; it knows only that it does. */
  #waitsFor: string | null = null;

  constructor(spec: ToolSpec, options: ToolOptions, { deaths, restarts }: History = { deaths: [], restarts: 0 }) {
    this.#options = options;
    this.#aim = spec;
    const { pipes, ledgers, log, effects, roomFor = () => null } = options;
    this.#seat = new Seat(spec, { pipes, ledgers, log, effects, alone: roomFor, blocked: () => options.blocked(spec.name), restarts });
    this.#deaths = deaths.slice(-DEATHS_KEPT);
    this.#seat.on("died", (record) => (this.#deaths = [...this.#deaths, record].slice(-DEATHS_KEPT)));
    this.#seat.on("changed", (state, before) => {
      if (state.pid === null) this.#memory = null;
      if (state.phase !== "failed") this.#refused = false;
      if (state.state !== "waiting") this.#waitsFor = null;
      options.onState(state, before);
      options.onChanged(this);
    });
    this.#seat.on("learnt", () => options.onChanged(this));
    this.#seat.on("relieved", ({ worker }) => (this.#restarts += worker.state.restarts));
    this.#seat.on("settled", (outcome) => this.#heed(outcome));
  }

  /** The worker in force. At a change of settings another takes its place: wait for states with `until` of the tool. */
  get worker(): Worker {
    return this.#seat.incumbent.worker;
  }

  get name(): string {
    return this.worker.spec.name;
  }

  /** The processes that there are of it; one, but for a change of settings. */
  get pids(): number[] {
    return this.#seat.instances.flatMap(({ worker }) => worker.state.pid ?? []);
  }

  /** What keeps its FIFO open. */
  get descriptors(): number[] {
    return this.#seat.instances.flatMap(({ connector }) => connector.upstream.descriptor ?? []);
  }

  /** tools.yaml has the settings in force again: there is nothing more to tell of those that were given up. */
  agree(): void {
    if (!this.#kept || this.#note === null) return;
    this.#note = null;
    this.#options.onChanged(this);
  }

  /** Makes `spec` its settings, by another process where that is needed. Resolves when it is known what came of it. */
  async configure(spec: ToolSpec, why = "its settings changed"): Promise<Outcome> {
    this.#aim = spec;
    this.#note = null;
    const coming = this.#seat.aim(spec, why);
    this.#options.onChanged(this);
    const outcome = await coming;
    if (outcome.kind === "kept" && this.#aim === spec) this.#aim = this.worker.spec;
    return outcome;
  }

  /**
   * Makes `spec`, which differs only in what a process may take over while it runs, its settings without another one. Resolves when they are in
   * force, or it is known why not.
   */
  adjust(spec: ToolSpec): Promise<Adjusted> {
    this.#aim = spec;
    const offer = this.#offers.then(() => this.#adjust(spec));
    this.#offers = offer;
    return offer;
  }

  get aim(): ToolSpec {
    return this.#aim;
  }

  start(reason: string): void {
    this.worker.start(reason);
  }

  /** Begins to stop it; `ended` resolves when nothing of it is left. */
  stop(reason: string): void {
    this.#note = null;
    this.#seat.stop(reason);
  }

  get refused(): boolean {
    return this.#refused;
  }

  /** It will never be started as things are. */
  refuse(reason: string): void {
    this.#refused = true; // before it has failed: asked while its state changes, it fails when that has been told
    this.worker.refuse(reason);
  }

  /** What its server waits for, as a sentence. */
  explain(reason: string): void {
    if (reason === this.#waitsFor) return;
    this.#waitsFor = reason;
    this.#options.onChanged(this);
  }

  /** What it was measured to use, in bytes. */
  weigh(bytes: number): void {
    if (this.#memory !== null && Math.abs(bytes - this.#memory) < NOTABLE_BYTES) return;
    this.#memory = bytes;
    this.#options.onChanged(this);
  }

  /** Asks its worker something. @throws ToolError what its `error` says, `unsupported` of one without a lane, `timeout`, `interrupted` */
  async request(cmd: string, args: object, timeoutMs: number): Promise<ToolEvent> {
    const { connector } = this.#seat.incumbent;
    if (!connector.ours) throw new ToolError("unsupported", { tool: this.name, what: `answer ${cmd}` });
    return connector.ask(cmd, args, timeoutMs);
  }

  /** Resolves with the first state of the worker in force, this one included, of which `holds` is true. */
  until(holds: (state: WorkerState) => boolean): Promise<WorkerState> {
    return this.#seat.until(holds);
  }

  /** Resolves when no process of it lives. */
  ended(): Promise<void> {
    return this.#seat.ended();
  }

  /** Takes over the process that an earlier daemon has started. Nothing of its FIFO being in order, it still is watched and can be stopped. */
  adopt(entry: LivingEntry, reason: string): void {
    this.#seat.adopt(entry, reason);
  }

  /** Whether its process was started by other settings than those that it is to have, in what needs a new process. */
  get outdated(): boolean {
    return this.#seat.hash !== specHash(this.worker.spec);
  }

  get entry(): RegistryEntry {
    const { incumbent, hash } = this.#seat;
    const { worker, connector, progress, interfaces, description } = incumbent;
    const { spec, state, born } = worker;
    const { settings } = spec;
    const beside = this.#beside();
    return {
      name: spec.name,
      path: connector.path,
      description: spec.description || description,
      kind: spec.server ?? spec.kind,
      model: typeof settings["model"] === "string" ? settings["model"] : null,
      phase: state.phase,
      want: state.want,
      state: state.state,
      reason: this.#reason(),
      ...(this.#note === null || !this.#kept ? {} : { note: this.#note }),
      progress: progress === null ? null : { ...progress },
      pid: state.pid,
      started: born === null ? null : new Date(born.at).toISOString(),
      startTime: born?.startTime ?? null,
      run: born?.run ?? null,
      specHash: hash,
      ...(beside.length === 0 ? {} : { beside }),
      keep: spec.keep.mode,
      memory: this.#memory,
      deaths: [...this.#deaths],
      restarts: this.#restarts + state.restarts,
      log: logPath(this.#options.logs, spec.name),
      interfaces,
    };
  }

  async #adjust(spec: ToolSpec): Promise<Adjusted> {
    const refused = await this.#offer(spec);
    if (this.#aim !== spec) return { kind: "superseded" };
    if (refused !== null) return { kind: "refused", reason: refused };
    this.#note = null;
    this.#seat.accept(spec);
    return { kind: "taken" };
  }

  /** Why the process does not take it, as a clause; null when it does, or need not know. */
  async #offer(spec: ToolSpec): Promise<string | null> {
    const { incumbent, phase } = this.#seat;
    const { spec: before, state } = incumbent.worker;
    if (phase !== "settled") return "its settings were just being changed";
    const sameSettings = canonical(before.settings) === canonical(spec.settings);
    if (sameSettings && before.description === spec.description) return null;
    if (state.pid === null) return !sameSettings && (state.phase === "failed" || state.phase === "backoff") ? "it does not run" : null;
    try {
      await incumbent.configure(spec);
      return null;
    } catch (error) {
      // A program that cannot be told what tools.yaml says of it need not know it.
      return sameSettings ? null : ToolError.from(error).message;
    }
  }

  #reason(): string {
    const { state } = this.worker;
    if (this.#waitsFor !== null) return this.#waitsFor;
    if (this.#note === null) return state.reason;
    return state.phase === "ready" && state.state !== "error" ? this.#note : `${state.reason}; ${this.#note}`;
  }

  #beside(): NonNullable<RegistryEntry["beside"]> {
    const { standby, relieved } = this.#seat;
    const one = (role: "standby" | "relieved", { worker: { born, state }, progress }: Instance) =>
      born === null ? [] : [{ role, pid: born.pid, startTime: born.startTime, run: born.run, state: state.state, progress: progress === null ? null : { ...progress } }];
    return [...(standby === null ? [] : one("standby", standby)), ...(relieved === null ? [] : one("relieved", relieved))];
  }

  /** The log has it by the change that it comes of. */
  #heed({ kind, reason }: Outcome): void {
    if (kind === "kept" || kind === "failed") this.#note = reason;
    this.#kept = kind === "kept";
    this.#options.onChanged(this);
  }
}
