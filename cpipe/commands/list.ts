import { holdersOfPipes, type FoundPipe, pipesIn } from "../../pipes/client/orphans.ts";
import { isAlive, readRegistry } from "../../pipes/client/registry.ts";
import { DEFAULT_PIPES, SUPERVISOR, toolOf } from "../../pipes/protocol/names.ts";
import type { Registry, RegistryEntry } from "../../pipes/protocol/registry.ts";
import { HEAD, plain, rowOf, SPARE, type ToolLine } from "../describe.ts";
import type { Style } from "../style.ts";
import { renderTable } from "../table.ts";

/** What `cpipe --list --json` prints. Fields are added, never changed. */
export interface Listing {
  /** Null when no daemon has left a registry. */
  readonly daemon: { readonly running: boolean; readonly pid: number; readonly version: string; readonly started: string } | null;
  /** The folder that was looked into. */
  readonly pipes: string;
  /** `problems`: `file:line:col: message`, while the file on disk is not the one in force. Null without a daemon. */
  readonly config: { readonly path: string; readonly problems: readonly string[] } | null;
  readonly tools: readonly ListedTool[];
  /** With --pid: every pipe of a tool in the folder, and the processes that have it open. */
  readonly open?: readonly OpenPipe[];
}

/** A registry entry without its interfaces. Of a tool that is not the daemon's only name, path and phase are known. */
export interface ListedTool extends ToolLine {
  /** The daemon looks after it. */
  readonly supervised: boolean;
  readonly description: string;
  readonly log: string | null;
}

export interface OpenPipe {
  readonly path: string;
  readonly tool: string;
  readonly role: FoundPipe["role"]["role"];
  readonly pids: readonly number[];
}

/** Reads the registry and the folder; opens no pipe. @throws ToolError `file-failed` when the folder cannot be read */
export function takeStock(folder: string | null, pids: boolean, registry: Registry | null = readRegistry()): Listing {
  const pipes = folder ?? process.env["PIPE_TOOLS_PIPES"] ?? registry?.pipes ?? DEFAULT_PIPES;
  const found = pipesIn(pipes);
  const relevant = registry !== null && samePath(registry.pipes, pipes) ? registry : null;
  const running = relevant !== null && isAlive(relevant.daemon.pid, relevant.daemon.startTime);
  const known = Object.values(relevant?.tools ?? {}).flatMap((entry) => (running ? [supervised(entry)] : outliving(entry)));
  const names = new Set(known.map((tool) => tool.name));
  const strays = found.flatMap(({ role, path }) => (role.role === "upstream" && !names.has(toolOf(role.tool)) && role.tool !== SUPERVISOR ? [stray(role.tool, path)] : []));
  return {
    daemon: relevant === null ? null : { running, pid: relevant.daemon.pid, version: relevant.daemon.version, started: relevant.daemon.started },
    pipes,
    config: relevant === null || !running ? null : relevant.config,
    tools: [...known, ...strays],
    ...(pids ? { open: openPipes(found) } : {}),
  };
}

export function renderListing(listing: Listing, style: Style, now: number): string {
  const { daemon, config, tools, open } = listing;
  const problems = (config?.problems ?? []).map((problem) => `  ${style.bad(plain(problem))}\n`);
  const parts = [
    problems.length === 0 ? "" : `${style.bad("tools.yaml was not applied:")}\n${problems.join("")}\n`,
    tools.length === 0 ? `no tools in ${listing.pipes}\n` : renderTable(HEAD, tools.map((tool) => rowOf(tool, style, now)), style.faint, { width: style.width, spare: SPARE }),
    daemon?.running ? "" : "\nthe daemon is not running; start it with: pipe-tools\n",
    open === undefined || open.length === 0 ? "" : `\n${renderOpen(open, style)}`,
  ];
  return parts.join("");
}

function renderOpen(open: readonly OpenPipe[], style: Style): string {
  const rows = open.map(({ path, role, pids }) => ({
    cells: [{ text: path }, { text: role }, pids.length === 0 ? { text: "nobody", paint: style.busy } : { text: pids.join(", ") }],
  }));
  return renderTable(["PIPE", "ROLE", "OPEN IN"], rows, style.faint, style);
}

function supervised(entry: RegistryEntry): ListedTool {
  const { interfaces: _, startTime: __, specHash: ___, ...told } = entry;
  return { ...told, supervised: true };
}

/** A worker that goes on although its daemon has died. */
function outliving(entry: RegistryEntry): ListedTool[] {
  if (entry.pid === null || !isAlive(entry.pid, entry.startTime)) return [];
  return [{ ...supervised(entry), supervised: false, phase: "unsupervised", reason: null, progress: null }];
}

function stray(name: string, path: string): ListedTool {
  const unknown = { kind: "", model: null, want: "up", state: null, reason: null, progress: null, memory: null, pid: null, started: null, restarts: 0 } as const;
  return { name, path, phase: "unsupervised", ...unknown, supervised: false, description: "", log: null };
}

function openPipes(found: readonly FoundPipe[]): OpenPipe[] {
  const held = holdersOfPipes(found);
  return found.map(({ path, role }) => ({ path, tool: role.tool, role: role.role, pids: held.get(path) ?? [] }));
}

function samePath(a: string, b: string): boolean {
  const bare = (path: string): string => path.replace(/\/+$/, "") || "/";
  return bare(a) === bare(b);
}
