/**
 * Every error a person or a program can meet, in one table: what is said, whether the same request may be sent
 * again, and with what code `cpipe` exits. Facts are fields; the sentence is computed from them once, here.
 */
export interface ErrorRow {
  readonly sentence: (facts: Facts) => string;
  readonly retryable: boolean;
  readonly exit: number;
}
export type Facts = Readonly<Record<string, unknown>>;

const row = (exit: number, retryable: boolean, sentence: (facts: Facts) => string): ErrorRow => ({ sentence, retryable, exit });
const f = (value: unknown): string => (value === undefined || value === null ? "?" : typeof value === "string" ? value : JSON.stringify(value));
/** `expected … at $.path, got …`: facts `expected`, `path`, `got`. */
const mismatch = (x: Facts): string => `${x["path"] === undefined ? "" : `${f(x["path"])}: `}expected ${f(x["expected"])}, got ${f(x["got"])}`;
/** A phase or a state as a predicate. */
const standing = (state: unknown): string => (state === "failed" ? "has failed" : state === "backoff" ? "waits to be started again" : `is ${f(state)}`);
/** An optional tail in the facts: what to do next. */
const next = (x: Facts): string => (x["hint"] === undefined ? "" : `. ${f(x["hint"])}`);

export const errors = {
  // A message could not be taken
  "invalid-json": row(1, false, (x) => `this line is not a JSON object: ${f(x["reason"])}`),
  "invalid-request": row(1, false, (x) => `invalid request: ${mismatch(x)}${next(x)}`),
  "line-too-long": row(1, false, (x) => `a message may have at most ${f(x["limit"])} bytes; this one had more and was skipped`),
  "unknown-command": row(1, false, (x) => `unknown command '${f(x["cmd"])}'${next(x)}`),
  "unknown-interface": row(1, false, (x) => `unknown interface '${f(x["name"])}'; this tool has ${f(x["known"])}`),
  "invalid-name": row(2, false, (x) => `'${f(x["name"])}' cannot be a tool's name: expected letters, digits, '.', '_' or '-' (at most 64), not ending in -NUMBER, -data, -next or -up`),
  "usage": row(2, false, (x) => `${f(x["reason"])}${next(x)}`),
  // A request was taken, and ended otherwise than in its answer
  "cancelled": row(130, false, (x) => `cancelled${x["reason"] === undefined ? "" : `: ${f(x["reason"])}`}`),
  "interrupted": row(1, true, (x) => `${f(x["tool"])} stopped before it had answered${next(x)}`),
  "timeout": row(124, true, (x) => `no ${f(x["what"] ?? "answer")} from ${f(x["tool"])} within ${f(x["seconds"])} s${next(x)}`),
  "busy": row(4, true, (x) => `${f(x["tool"])} has ${x["queued"] === 1 ? "1 request" : `${f(x["queued"])} requests`} waiting already; try again later`),
  "unsupported": row(1, false, (x) => `${f(x["tool"])} cannot ${f(x["what"])}${next(x)}`),
  "stopping": row(4, true, (x) => `${f(x["tool"])} is stopping`),
  "handler-failed": row(1, false, (x) => `${f(x["cmd"])} failed: ${f(x["reason"])}`),
  "slow-reader": row(1, false, (x) => `the client did not read its answers (${f(x["queued"])} bytes waiting for ${f(x["seconds"])} s)`),
  // The tool cannot be reached
  "no-such-tool": row(3, false, (x) => `there is no tool '${f(x["tool"])}'${next(x)}`),
  "not-ready": row(4, true, (x) => `${f(x["tool"])} ${standing(x["state"])}${x["reason"] ? `: ${f(x["reason"])}` : ""}${next(x)}`),
  "daemon-unreachable": row(125, true, (x) => `the pipe-tools daemon is not running${next(x)}`),
  "already-running": row(1, false, (x) => `${f(x["what"])} is already running${x["pid"] ? ` (pid ${f(x["pid"])})` : ""}${next(x)}`),
  "already-connected": row(1, false, (x) => `this process already has a connection to ${f(x["tool"])}`),
  // Files
  "not-a-fifo": row(1, false, (x) => `${f(x["path"])} is ${f(x["got"])}, not a FIFO; it was left alone${next(x)}`),
  "not-ours": row(1, false, (x) => `${f(x["path"])} belongs to uid ${f(x["owner"])}, not to us (uid ${f(x["uid"])}); it was left alone`),
  "unsafe-file": row(1, false, (x) => `${f(x["path"])} ${f(x["reason"])}${next(x)}`),
  "too-many-files": row(4, true, (x) => `${f(x["path"])} cannot be opened: too many files are open${x["limit"] === null || x["limit"] === undefined ? "" : ` (the limit is ${f(x["limit"])})`}; try again later, or raise the limit (ulimit -n)${next(x)}`),
  "file-failed": row(1, false, (x) => `${f(x["path"])}: ${f(x["reason"])}${next(x)}`),
  "service-failed": row(1, false, (x) => `${f(x["reason"])}${next(x)}`),
  "invalid-config": row(1, false, (x) => `${f(x["path"])} was not applied: ${f(x["reason"])}`),
  "disk-full": row(1, true, (x) => `${f(x["path"])} cannot be written: the disk is full; nothing was lost that was answered, and what is there can still be read${next(x)}`),
  // What is kept
  "not-found": row(1, false, (x) => `there is no ${f(x["what"])} '${f(x["name"])}'${x["where"] === undefined ? "" : ` in ${f(x["where"])}`}${next(x)}`),
  "exists": row(1, false, (x) => `${f(x["what"])} '${f(x["name"])}' is there already${next(x)}`),
  "embedder-mismatch": row(1, false, (x) => `the collection '${f(x["collection"])}' has vectors ${x["theirs"] === null ? "of its own" : `of ${f(x["theirs"])}`} (${f(x["dimensions"])} dimensions); ${f(x["ours"])} cannot be compared with them${next(x)}`),
  "data-locked": row(4, true, (x) => `${f(x["path"])} is in use by another process${x["pid"] ? ` (pid ${f(x["pid"])})` : ""}${next(x)}`),
  "data-damaged": row(1, false, (x) => `${f(x["path"])} is damaged: ${f(x["reason"])}${next(x)}`),
  "backend-failed": row(4, true, (x) => `${f(x["url"])}: ${f(x["reason"])}${next(x)}`),
  // What a model has said
  "no-code-block": row(1, false, () => "the answer has no code block, so there is nothing for -x to print; the answer stands above"),
  // Sound
  "no-audio-pipe": row(1, false, (x) => `there is no FIFO ${f(x["path"])} that the ${x["direction"] === "in" ? "client's sound could be read from" : "sound could be sent to"}${next(x)}`),
  "audio-invalid": row(1, false, (x) => `${f(x["what"])} is no sound that can be read: ${f(x["reason"])}${next(x)}`),
  "device-failed": row(4, true, (x) => `the ${f(x["kind"])} ${f(x["device"])} cannot be used: ${f(x["reason"])}${next(x)}`),
  // Models and engines
  "model-missing": row(4, false, (x) => `the model file ${f(x["path"])} does not exist${next(x)}`),
  "model-corrupt": row(4, false, (x) => `the model file ${f(x["path"])} cannot be loaded: ${f(x["reason"])}${next(x)}`),
  "model-unfit": row(4, false, (x) => `the model ${f(x["path"])} cannot be used for ${f(x["use"])}: ${f(x["reason"])}${next(x)}`),
  "model-download": row(4, true, (x) => `the model ${f(x["url"])} could not be fetched: ${f(x["reason"])}${next(x)}`),
  "model-memory": row(4, false, (x) => `the model ${f(x["path"])} does not fit in memory: ${f(x["reason"])}${next(x)}`),
  "engine-died": row(1, true, (x) => `the engine of ${f(x["tool"])} died: ${f(x["reason"])}${next(x)}`),
  "engine-failed": row(4, false, (x) => `the engine of ${f(x["tool"])} cannot start: ${f(x["reason"])}${next(x)}`),
  "embedding-failed": row(1, false, (x) => `no embedding: ${f(x["reason"])}${next(x)}`),
  "endpoint-failed": row(1, false, (x) => `the endpoint ${f(x["url"])} ${f(x["reason"])}${next(x)}`),
  "endpoint-unavailable": row(4, true, (x) => `the endpoint ${f(x["url"])} ${f(x["reason"])}${next(x)}`),
  "answer-invalid": row(1, false, (x) => `the answer does not fit the schema: ${mismatch(x)}${next(x)}`),
  "context-overflow": row(1, false, (x) => `the conversation has ${f(x["tokens"])} tokens, the model's context holds ${f(x["limit"])}${x["hint"] === undefined ? "; shorten it, or raise contextSize in tools.yaml" : next(x)}`),
} satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errors;

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(errors, code);
}

/** An error with a code from the table. `facts` are what the sentence says; they also travel as `details`. */
export class ToolError extends Error {
  readonly code: ErrorCode;
  readonly facts: Facts;

  constructor(code: ErrorCode, facts: Facts = {}, options?: { cause?: unknown; message?: string }) {
    super(options?.message ?? errors[code].sentence(facts), options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ToolError";
    this.code = code;
    this.facts = facts;
  }

  get retryable(): boolean {
    return errors[this.code].retryable;
  }

  get exitCode(): number {
    return errors[this.code].exit;
  }

  /** Any thrown value as a ToolError; what is none already becomes `code` with its message as `reason`. */
  static from(thrown: unknown, code: ErrorCode = "handler-failed", facts: Facts = {}): ToolError {
    if (thrown instanceof ToolError) return thrown;
    if (isCoded(thrown)) return new ToolError(thrown.code, thrown.facts, { cause: thrown });
    const reason = thrown instanceof Error ? thrown.message : described(thrown);
    return new ToolError(code, { reason, ...facts }, { cause: thrown });
  }
}

/** Anything can be thrown, also what cannot become a string. */
function described(thrown: unknown): string {
  try {
    return typeof thrown === "object" && thrown !== null ? JSON.stringify(thrown) : String(thrown);
  } catch {
    return `a thrown ${typeof thrown}`;
  }
}

/** Other rooms throw errors of their own with a code of this table and its facts. */
function isCoded(thrown: unknown): thrown is { code: ErrorCode; facts: Facts } {
  return thrown instanceof Error && "code" in thrown && "facts" in thrown && isErrorCode(thrown.code) && typeof thrown.facts === "object" && thrown.facts !== null;
}
