import type { ErrorCode, Facts } from "../../pipes/protocol/errors.ts";
import type { LoadProgress, LogLevel } from "../engine.ts";

/** What an engine of one kind is loaded by, what it says of itself then, what it is asked, what comes in for that meanwhile, and what it answers: in parts, and at the end. */
export interface Work {
  readonly load: LoadRequest;
  readonly model: LoadedModel;
  readonly request: unknown;
  /** `never` where a request is all there is. */
  readonly input: unknown;
  readonly part: unknown;
  readonly result: unknown;
}

export interface LoadRequest {
  /** The model's file. */
  readonly path: string;
  /** How many requests are worked on side by side. */
  readonly parallel: number;
}
export interface LoadedModel {
  /** May be fewer than asked for. */
  readonly parallel: number;
  /** How long the load took. */
  readonly seconds: number;
}

/**
 * What a server and its engine, a child process, say to each other over Node's IPC channel. Both are of one build, so the
 * types are all the checking there is.
 */
export type Command<W extends Work> =
  | { readonly type: "load"; readonly request: W["load"] }
  | { readonly type: "work"; readonly id: number; readonly request: W["request"] }
  | { readonly type: "input"; readonly id: number; readonly input: W["input"] }
  | { readonly type: "inputs-end"; readonly id: number }
  | { readonly type: "cancel"; readonly id: number };

export type Report<W extends Work> =
  /** The native library is there; a death before this one is not the model's fault. */
  | { readonly type: "started" }
  | { readonly type: "progress"; readonly progress: LoadProgress }
  | { readonly type: "loaded"; readonly model: W["model"] }
  | { readonly type: "load-failed"; readonly error: WireError }
  /** One input has been taken; another may be sent. */
  | { readonly type: "taken"; readonly id: number }
  | { readonly type: "part"; readonly id: number; readonly part: W["part"] }
  | { readonly type: "done"; readonly id: number; readonly result: W["result"] }
  | { readonly type: "failed"; readonly id: number; readonly error: WireError }
  | { readonly type: "log"; readonly level: LogLevel; readonly message: string };

/** A ToolError on its way between processes. */
export interface WireError {
  readonly code: ErrorCode;
  readonly facts: Facts;
}
