import type { EventEmitter } from "node:events";
import type { ToolError } from "../pipes/protocol/errors.ts";

/** What answers requests once it has been loaded. It may die and be brought back by the next request; see `Residence`. */
export interface Engine<Model> extends EventEmitter<EngineEvents> {
  readonly phase: Phase;
  /** Requests that it works on, and those that wait for that; absent where nothing waits. */
  readonly counts?: { readonly active: number; readonly waiting: number };
  /** Loads, or waits for the load under way; a failed engine tries anew. @throws ToolError */
  load(): Promise<Model>;
  /** For good; what is in flight or waits fails with `stopping`. */
  stop(): Promise<void>;
}

/** `down`: it was lost, and the next request brings it back. */
export type Phase = "down" | "loading" | "ready" | "failed" | "stopped";

export interface EngineEvents {
  progress: [LoadProgress];
  /** It cannot be loaded, and nothing is tried again until `load` is called. */
  failed: [ToolError];
  /** It is gone although it was loaded; the next request brings it back. */
  died: [ToolError];
  log: [LogLevel, string];
}

/** `value` and `total` are shares of one: a load has no other unit. */
export interface LoadProgress {
  readonly stage: "starting" | "loading" | "measuring";
  readonly value: number;
  readonly total: 1;
}

export type LogLevel = "error" | "warn" | "info" | "debug";
