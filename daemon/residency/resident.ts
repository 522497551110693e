import { specHash } from "../../pipes/protocol/applies.ts";
import type { ToolSpec } from "../../pipes/protocol/spec.ts";
import type { Tool } from "../fleet/tool.ts";
import type { Phase } from "../worker/state.ts";
import type { Claim } from "./budget.ts";
import { estimate, PROCESS_BYTES } from "./estimate.ts";
import type { Use } from "./idle.ts";
import type { Sizes } from "./sizes.ts";

/** States of a server whose weights are not in memory: by itself, and while it waits for room to load them again. */
export const RELEASED = "released";
export const WAITING = "waiting";

/** One tool, as far as memory is concerned. */
export class Resident {
  readonly tool: Tool;
  readonly #sizes: Sizes;
  /** When it was last used, in ms of the daemon's clock; 0 until somebody has. */
  used = 0;
  /** Somebody waits for it, a request or a person. */
  wanted = false;
  /** What it used when it was last measured, in bytes, and when that was. */
  measured: { readonly bytes: number; readonly pid: number; readonly at: number } | null = null;
  /** What it said when it was last asked; null when it did not say, undefined before it was asked. */
  use: Use | null | undefined = undefined;
  /** It has said that it can let go of nothing while it runs. */
  endsOnly = false;
  /** Its phase when it last changed. */
  phase: Phase = "down";
  /** It is being released. */
  leaving = false;
  /** It has been told to load again, and does not say yet that it does. */
  admitted = false;
  /** What it still held after it was last released, in bytes. */
  #floor: number | null = null;

  constructor(tool: Tool, sizes: Sizes) {
    this.tool = tool;
    this.#sizes = sizes;
  }

  /** What it will use once it is loaded, in bytes. */
  get expected(): number {
    return expectedOf(this.tool.worker.spec, this.#sizes);
  }

  /** It has no weights in memory, and its process lives. */
  get isReleased(): boolean {
    const { phase, state } = this.tool.worker.state;
    return phase === "ready" && !this.admitted && (state === RELEASED || state === WAITING);
  }

  /** It has a process and is loaded. */
  get isLoaded(): boolean {
    const { phase, state } = this.tool.worker.state;
    return phase === "ready" && state !== "loading" && state !== "error" && !this.isReleased && !this.admitted;
  }

  /** Against whom it may load: whoever waits for it goes before all that is idle, what is started by itself after all. */
  get urgency(): number {
    return this.wanted || this.phase === "resting" ? Infinity : this.used;
  }

  /** What it holds now, in bytes, as far as anybody knows. */
  get held(): number {
    const { pid } = this.tool.worker.state;
    if (pid === null) return 0;
    return this.measured?.pid === pid ? this.measured.bytes : this.isReleased ? PROCESS_BYTES : this.expected;
  }

  /** Null for one that takes nothing. */
  get claim(): Claim | null {
    const { spec, state } = this.tool.worker;
    const { phase } = state;
    if (phase !== "ready" && phase !== "starting" && phase !== "stopping") return null;
    const loading = phase === "starting" || state.state === "loading" || this.admitted;
    // At a change of settings another process loads beside the one that serves.
    const beside = (this.tool.pids.length - 1) * this.expected;
    const bytes = (loading ? Math.max(this.held, this.expected) : this.held) + Math.max(0, beside);
    const standing = phase === "stopping" || this.leaving ? "leaving" : loading ? "loading" : this.#isBusy ? "busy" : "idle";
    const keeps = this.endsOnly || spec.kind !== "server" ? 0 : (this.#floor ?? PROCESS_BYTES);
    const spare = this.isReleased ? 0 : Math.max(0, bytes - keeps);
    return { name: spec.name, bytes, spare, standing, pinned: spec.pinned, priority: spec.priority, used: this.used };
  }

  /** What a measurement says is remembered, and learnt from where it tells what the tool needs. */
  take(bytes: number, pid: number, now: number): void {
    this.measured = { bytes, pid, at: now };
    const { spec } = this.tool.worker;
    if (this.isReleased) this.#floor = bytes;
    else if (this.isLoaded && !this.tool.outdated) this.#sizes.learn(specHash(spec), spec.name, bytes);
  }

  heard(use: Use, now: number): void {
    this.use = use;
    this.used = Math.max(this.used, now - use.idle);
  }

  /** One that does not say may be. Its clients would start it again at once, if it can be released only by ending it. */
  get #isBusy(): boolean {
    if (this.use === undefined) return false; // it is asked before anything is done to it
    return this.use === null || this.use.calls > 0 || (this.endsOnly && this.use.clients > 0);
  }
}

/** What a tool of this spec uses once it is loaded, in bytes: as it was measured, else as it may be guessed. */
export function expectedOf(spec: ToolSpec, sizes: Sizes): number {
  return sizes.of(specHash(spec)) ?? estimate(spec);
}
