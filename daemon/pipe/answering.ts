import { ToolError } from "../../pipes/protocol/errors.ts";
import type { Dialect, RequestId } from "../../pipes/protocol/messages.ts";
import { fifoOf, isPid } from "../../pipes/protocol/names.ts";
import { LEGACY_COMMANDS, toResult, toUpstream } from "../../pipes/rpc/dialect.ts";
import type { SessionRecord } from "../../pipes/rpc/ledger-format.ts";
import { openFifo } from "../../pipes/transport/fifo.ts";
import { FifoWriter } from "../../pipes/transport/writer.ts";

/** What can be told of a request from its line, or from as much of it as there is. */
export interface Asked {
  readonly pid: number;
  readonly cmd: string;
  readonly req_id?: RequestId;
  /** What `subscribe` said. */
  readonly dialect?: Dialect;
}

const LIMITS = { queueBytes: Number.MAX_SAFE_INTEGER, stallMs: 30_000 };
/** They have no answer. */
const UNANSWERED = new Set(["subscribe", "unsubscribe"]);

/** Null for what nobody can be told about. */
export function askedIn(line: Buffer | string): Asked | null {
  const text = line.toString();
  let message: Record<string, unknown>;
  try {
    message = JSON.parse(text) as Record<string, unknown>;
  } catch {
    message = fieldsIn(text);
  }
  if (typeof message !== "object" || message === null || !isPid(message["pid"])) return null;
  const { pid, cmd, req_id, dialect } = message;
  return { pid, cmd: typeof cmd === "string" ? cmd.toLowerCase() : "", ...(isScalar(req_id) ? { req_id } : {}), ...(dialect === "result" ? { dialect } : {}) };
}

/** Ends those of the lines that are requests. `sessions` are the clients that the server knew. */
export function refuseLines(folder: string, tool: string, lines: ReadonlyArray<Buffer | string>, error: ToolError, sessions: readonly SessionRecord[]): void {
  const requests = lines.map(askedIn).filter((asked) => asked !== null);
  const said = requests.flatMap(({ pid, dialect }) => (dialect === undefined ? [] : [[pid, dialect] as const]));
  refuseRequests(folder, tool, requests, error, new Map([...sessions.map(({ pid, dialect }) => [pid, dialect] as const), ...said]));
}

/**
 * Ends requests in their server's place: one final `error` each, in the dialect that the client speaks. A client that has gone, or
 * that does not read within half a minute, is let be.
 */
export function refuseRequests(folder: string, tool: string, requests: readonly Asked[], error: ToolError, dialects: ReadonlyMap<number, Dialect>): void {
  const byPid = new Map<number, string>();
  for (const asked of requests) {
    if (asked.pid === process.pid || UNANSWERED.has(asked.cmd)) continue;
    byPid.set(asked.pid, (byPid.get(asked.pid) ?? "") + lineFor(asked, error, dialects.get(asked.pid) ?? spoken(asked)));
  }
  for (const [pid, text] of byPid) tell(folder, tool, pid, text);
}

/** Writes lines into a client's downstream FIFO, if it reads. */
export function tell(folder: string, tool: string, pid: number, text: string): void {
  try {
    const fd = openFifo(fifoOf.downstream(folder, tool, pid), "write");
    if (fd === null) return;
    const writer = new FifoWriter(fd, LIMITS, { closed: () => undefined });
    writer.unref();
    writer.write(text);
    void writer.flushed(LIMITS.stallMs).then(() => writer.close());
  } catch {
    // something else is in its FIFO's place: nobody is there to be told
  }
}

function lineFor({ cmd, req_id }: Asked, { message, code, facts }: ToolError, dialect: Dialect): string {
  const event = { event: "error", message, code, cmd, details: facts, ...(req_id === undefined ? {} : { req_id }) };
  // An older client waits for the closing part of a stream; to an answer that is none it does no harm.
  return `${JSON.stringify(dialect === "result" ? toResult({ ...event, done: true }) : toUpstream(event))}\n`;
}

/** Who uses a word that only the older dialect has speaks it. */
function spoken({ cmd }: Asked): Dialect {
  return Object.hasOwn(LEGACY_COMMANDS, cmd) ? "result" : "event";
}

/** The fields of the envelope in the beginning of a line. */
function fieldsIn(text: string): Record<string, unknown> {
  const found = [...text.slice(0, 4096).matchAll(/"(pid|cmd|req_id)"\s*:\s*(-?\d+|"(?:[^"\\]|\\.)*"|true|false|null)/g)];
  return Object.fromEntries(found.map(([, name = "", value = ""]) => [name, JSON.parse(value) as unknown]));
}

function isScalar(value: unknown): value is RequestId {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}
