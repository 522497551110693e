import { join } from "node:path";
import { ToolError } from "./errors.ts";

/** The folder that FIFOs live in unless `pipes:` in tools.yaml, or $PIPE_TOOLS_PIPES, says otherwise. */
export const DEFAULT_PIPES = "/tmp";
export const PREFIX = "tool-";
export const SUPERVISOR = "supervisor";
/** Names that the daemon has for itself, with what stands in the way of a tool's having them. */
export const RESERVED_NAMES: Readonly<Record<string, string>> = {
  [SUPERVISOR]: "the daemon itself answers by that name",
  daemon: "daemon.log is the daemon's own",
};

/** What a tool may be called. The endings belong to other FIFOs of a tool; see `fifoOf` and `standbyOf`. */
export const NAME_PATTERN = "^(?!.*-(\\d+|data|up|next)$)[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$";
const namePattern = new RegExp(NAME_PATTERN);
/** Linux allows pids up to 2^22; anything larger is not a process and never becomes part of a path. */
export const MAX_PID = 4_194_304;

export function isToolName(name: unknown): name is string {
  return typeof name === "string" && namePattern.test(name);
}

/** @throws ToolError `invalid-name` */
export function checkToolName(name: unknown): string {
  if (isToolName(name)) return name;
  throw new ToolError("invalid-name", { name: String(name) });
}

export function isPid(pid: unknown): pid is number {
  return Number.isInteger(pid) && (pid as number) > 0 && (pid as number) <= MAX_PID;
}

/**
 * The paths of a tool's FIFOs, given the folder and the name. Text: `upstream` (anyone → server), `downstream` (server → one client),
 * `lane` (one client → server); `data` are the same three for sound.
 */
export const fifoOf = {
  upstream: (folder: string, name: string): string => join(folder, PREFIX + name),
  downstream: (folder: string, name: string, pid: number): string => join(folder, `${PREFIX}${name}-${pid}`),
  lane: (folder: string, name: string, pid: number): string => join(folder, `${PREFIX}${name}-up-${pid}`),
  data: {
    upstream: (folder: string, name: string): string => join(folder, `${PREFIX}${name}-data`),
    downstream: (folder: string, name: string, pid: number): string => join(folder, `${PREFIX}${name}-data-${pid}`),
    lane: (folder: string, name: string, pid: number): string => join(folder, `${PREFIX}${name}-data-up-${pid}`),
  },
};

const NEXT = "-next";

/** The name by which the worker that is to take a tool's place is reached until it does; no tool can have it. */
export function standbyOf(name: string): string {
  return `${name}${NEXT}`;
}

/** The tool behind a name that `standbyOf` may have given. */
export function toolOf(name: string): string {
  return name.endsWith(NEXT) ? name.slice(0, -NEXT.length) : name;
}

/** Of an orphaned FIFO of a standby, `tool` is what `standbyOf` gave. */
export type FifoRole = { tool: string; role: "upstream" } | { tool: string; role: "downstream" | "lane" | "data"; pid: number | null };

/** What a file name in the pipes folder means, or null when it is none of ours. */
export function roleOf(fileName: string): FifoRole | null {
  if (!fileName.startsWith(PREFIX)) return null;
  const rest = fileName.slice(PREFIX.length);
  const match = /^(.+?)(-data)?(-up)?(?:-(\d+))?$/.exec(rest);
  const tool = match?.[1];
  if (match === null || tool === undefined || !isToolName(toolOf(tool))) return null;
  const pid = match[4] === undefined ? null : Number(match[4]);
  if (match[2] !== undefined) return { tool, role: "data", pid };
  if (pid === null) return match[3] === undefined ? { tool, role: "upstream" } : null;
  return { tool, role: match[3] === undefined ? "downstream" : "lane", pid };
}

/** The tool's name and folder behind what a person typed: a bare name, or a path such as `/tmp/tool-chat`. */
export function parseAddress(address: string): { name: string; folder: string | null } {
  if (!address.includes("/")) return { name: checkToolName(address.startsWith(PREFIX) ? address.slice(PREFIX.length) : address), folder: null };
  const slash = address.lastIndexOf("/");
  const file = address.slice(slash + 1);
  return { name: checkToolName(file.startsWith(PREFIX) ? file.slice(PREFIX.length) : file), folder: address.slice(0, slash) || "/" };
}
