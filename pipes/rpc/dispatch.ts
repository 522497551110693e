import { ToolError } from "../protocol/errors.ts";
import { base } from "../protocol/interfaces/base.ts";
import type { Dialect, RequestId, ToolEvent } from "../protocol/messages.ts";
import { isPid, MAX_PID } from "../protocol/names.ts";
import { suggest } from "../protocol/suggest.ts";
import { runHandler } from "./answer.ts";
import type { Activity } from "./activity.ts";
import { type About, type Builtin, builtins } from "./builtins.ts";
import { Call } from "./call.ts";
import { LEGACY_COMMANDS } from "./dialect.ts";
import type { Handler } from "./handler.ts";
import type { Ledger } from "./ledger.ts";
import type { Log } from "./log.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import { described, validate } from "./validation.ts";

/** What dispatch needs of a server. */
export interface Core {
  readonly about: About;
  readonly sessions: Sessions;
  /** By their commands in lower case. */
  readonly handlers: ReadonlyMap<string, Handler>;
  /** It still answers what it is, but begins nothing. */
  readonly stopping: boolean;
  readonly ledger: Ledger | null;
  /** For a line of the shared FIFO that is no JSON; see endpoint.ts. */
  separate(line: string): string | null;
  readonly log: Log;
  /** Requests of one client that may be under way at once. */
  readonly maxCalls: number;
  readonly activity: Activity;
  /** Built-in commands that do something to the server: `stop`, `drain` and those of the interface `worker`. */
  readonly own: Readonly<Record<string, Builtin>>;
}

/**
 * Takes one line from the shared FIFO (`lane` null) or from a client's lane, and sees to it that whoever sent it gets
 * exactly one final answer, or, where nobody can be answered, that the log says why.
 */
export function dispatch(core: Core, line: string, lane: Session | null): void {
  if (line.length < 4 && line.trim() === "") return;
  let message: Record<string, unknown>;
  try {
    message = parseObject(line);
  } catch (error) {
    const request = lane === null ? core.separate(line) : null;
    return request === null ? refuse(core, ToolError.from(error, "invalid-json"), lane) : dispatch(core, request, null);
  }
  const pid = lane === null ? message["pid"] : lane.pid;
  if (!isPid(pid)) {
    const problem = new ToolError("invalid-request", { path: "$.pid", expected: `a process id, 1 to ${MAX_PID}`, got: described(pid) });
    return refuse(core, problem, null);
  }
  const session = lane ?? core.sessions.get(pid) ?? null;
  if (typeof message["cmd"] !== "string") {
    return refuse(core, new ToolError("invalid-request", { path: "$.cmd", expected: "the name of a command", got: described(message["cmd"]) }), session, idOf(message));
  }
  route(core, message["cmd"], message, pid, session);
}

/** A message that is longer than allowed is answered, too, if its first bytes (all that is known of it) tell who sent it. */
export function refuseOverlong(core: Core, limit: number, sender: Session | string): void {
  const pid = typeof sender === "string" ? Number(/"pid"\s*:\s*(\d{1,7})\b/.exec(sender)?.[1]) : sender.pid;
  refuse(core, new ToolError("line-too-long", { limit }), core.sessions.get(pid) ?? null);
}

function route(core: Core, given: string, message: Record<string, unknown>, pid: number, session: Session | null): void {
  const cmd = given.toLowerCase();
  const handler = core.handlers.get(cmd);
  if (handler !== undefined) return runCommand(core, handler, message, session);
  if (cmd === "subscribe") return subscribe(core, message, pid);
  if (cmd === "unsubscribe") return core.sessions.close(pid, "unsubscribed");
  if (Object.hasOwn(builtins, cmd) || Object.hasOwn(core.own, cmd)) return runBuiltin(core, cmd, message, session);
  const legacy = Object.hasOwn(LEGACY_COMMANDS, cmd) ? LEGACY_COMMANDS[cmd] : undefined;
  if (legacy !== undefined) {
    if (session !== null && !session.ours) session.dialect = "result";
    return runBuiltin(core, legacy, message, session);
  }
  const known = [...[...core.handlers.values()].map((handler) => handler.cmd), ...Object.keys(base.commands)];
  const call = new Call(given, session, idOf(message), "error", false);
  const nearest = suggest(given, known);
  // Upstream's sentence, to the letter, for upstream's clients; ours are told what there is.
  const hint = session?.ours ? { hint: nearest === null ? `${core.about.name} knows ${known.join(", ")}` : `Did you mean '${nearest}'?` } : {};
  call.fail(new ToolError("unknown-command", { cmd: given, ...hint }));
}

function runCommand(core: Core, handler: Handler, message: Record<string, unknown>, session: Session | null): void {
  const { declaration } = handler;
  const busy = session !== null && session.calls.size >= core.maxCalls;
  const call = new Call(handler.cmd, session, idOf(message), declaration.reply, declaration.streams === true, core.activity);
  record(core, call, declaration.idempotent === true);
  const { pid: _, cmd: __, req_id: ___, ...args } = message;
  try {
    if (core.stopping) throw new ToolError("stopping", { tool: core.about.name });
    if (busy) throw new ToolError("busy", { tool: core.about.name, queued: session.calls.size - 1 });
    if (handler.declared) validate(declaration.args, args, session?.ours === true);
  } catch (error) {
    return call.fail(ToolError.from(error));
  }
  runHandler(handler, args, call);
  if (!call.ended && session !== null && !session.ours) core.sessions.watchLaneless();
}

function runBuiltin(core: Core, cmd: string, message: Record<string, unknown>, session: Session | null): void {
  const call = new Call(cmd, session, idOf(message), cmd, false);
  record(core, call, repeatable.has(cmd));
  try {
    (core.own[cmd] ?? builtins[cmd])?.(core.about, message, call);
  } catch (error) {
    call.fail(ToolError.from(error, "handler-failed", { cmd }));
  }
}

const repeatable = new Set(Object.entries(base.commands).flatMap(([cmd, declaration]) => ("idempotent" in declaration ? [cmd] : [])));

/** Before it is run: what runs when the process is killed has to be known to whoever comes after it. */
function record({ ledger }: Core, call: Call, again: boolean): void {
  if (ledger === null) return;
  const { session, cmd, reqId } = call;
  if (session === null || session.ours) return ledger.takeUnasked();
  call.entry = ledger.take({ pid: session.pid, cmd, req_id: reqId, again });
}

function subscribe(core: Core, message: Record<string, unknown>, pid: number): void {
  const wants = Array.isArray(message["wants"]) ? message["wants"].filter((want) => typeof want === "string") : [];
  const dialect: Dialect = message["dialect"] === "result" ? "result" : "event";
  try {
    const session = core.sessions.open(pid, { lane: message["lane"] === true, dialect, wants });
    const id = idOf(message);
    const lane = session?.ours ? { lane: true } : {};
    // Both dialects at once: a client that has not spoken yet may read either.
    session?.sendLine(`${JSON.stringify({ event: "subscribed", result: "subscribed", ...lane, ...(id === undefined ? {} : { req_id: id }) })}\n`);
  } catch (thrown) {
    const error = ToolError.from(thrown);
    core.log.warn({ client: pid, reason: error.message }, "a client could not be subscribed");
    if (error.code === "too-many-files") core.sessions.refuse(pid, `${JSON.stringify(errorEvent(error, idOf(message)))}\n`);
  }
}

/** A message that cannot be taken is answered where there is somebody to answer, and is in the log either way. */
function refuse(core: Core, problem: ToolError, session: Session | null, reqId?: RequestId): void {
  core.log.warn({ client: session?.pid, code: problem.code, reason: problem.message }, "a message was refused");
  session?.send(errorEvent(problem, reqId));
}

function errorEvent({ message, code, facts }: ToolError, reqId: RequestId | undefined): ToolEvent {
  return { event: "error", message, code, details: facts, ...(reqId === undefined ? {} : { req_id: reqId }) };
}

function parseObject(line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new ToolError("invalid-json", { reason: (error as Error).message });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new ToolError("invalid-json", { reason: `it is ${described(value)}` });
  return value as Record<string, unknown>;
}

/** `req_id` may be any scalar; anything else could not be matched by whoever sent it. */
function idOf(message: Record<string, unknown>): RequestId | undefined {
  const id = message["req_id"];
  return id === null || typeof id === "string" || typeof id === "number" || typeof id === "boolean" ? id : undefined;
}
