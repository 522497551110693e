import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Way } from "./ways.ts";

export const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const running = new Set<ChildProcess>();

/** Starts the other side of each way; resolves when all of them answer. */
export async function startPeers(folder: string): Promise<void> {
  for (const fifo of ["raw-up", "raw-down"]) spawnSync("mkfifo", [`${folder}/${fifo}`]);
  const ways: readonly Way[] = ["socket", "http", "raw"];
  await Promise.all([start(here("../servers/echo/main.js"), [], folder).line("serving"), ...ways.map((way) => start(here("peer.js"), [way, folder], folder).line("ready"))]);
}

/** Starts an echo server by another name; resolves to its pid when it serves. */
export async function startEcho(folder: string, name: string, env: NodeJS.ProcessEnv): Promise<number> {
  const { child, line } = start(here("../servers/echo/main.js"), [], folder, { ...env, PIPE_TOOLS_TOOL: name });
  await line("serving");
  return child.pid ?? -1;
}

/** Client processes of one way, connected and waiting. */
export interface Crowd {
  /** How many pongs they got in `ms`, all together. */
  run(ms: number): Promise<number>;
  leave(): Promise<void>;
}

export async function gather(way: Way, folder: string, count: number): Promise<Crowd> {
  const clients = Array.from({ length: count }, () => start(here("client.js"), [way, folder], folder));
  await Promise.all(clients.map((client) => client.line("ready")));
  return {
    async run(ms) {
      const counts = clients.map((client) => client.line(/^\d+$/));
      for (const { child } of clients) child.stdin?.write(`${ms}\n`);
      return (await Promise.all(counts)).map(Number).reduce((sum, one) => sum + one, 0);
    },
    async leave() {
      const gone = clients.map(({ child }) => once(child, "close"));
      for (const { child } of clients) child.stdin?.end();
      await Promise.all(gone);
    },
  };
}

/** How long a program takes from its start to its end, in ms. @throws when it fails */
export function timed(args: readonly string[], folder: string): number {
  const started = performance.now();
  const done = spawnSync(process.execPath, args, { env: environment(folder), stdio: ["ignore", "ignore", "inherit"] });
  if (done.status !== 0) throw new Error(`node ${args.join(" ")} ended with ${done.status ?? done.signal}`);
  return performance.now() - started;
}

export function killAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** A program of ours whose lines can be waited for; `killAll` ends it. */
export interface Started {
  readonly child: ChildProcess;
  readonly line: (found: string | RegExp) => Promise<string>;
}

export function start(program: string, args: readonly string[], folder: string, more: NodeJS.ProcessEnv = {}): Started {
  const child = spawn(process.execPath, [program, ...args], { env: { ...environment(folder), ...more }, stdio: ["pipe", "pipe", "inherit"] });
  running.add(child);
  child.once("close", () => running.delete(child));
  const lines = createInterface({ input: child.stdout });
  return { child, line: (found) => firstLine(lines, found) };
}

/** The next line that fits. */
function firstLine(lines: Interface, found: string | RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const early = (): void => reject(new Error("a process of the benchmark ended early"));
    const look = (line: string): void => {
      if (typeof found === "string" ? !line.includes(found) : !found.test(line)) return;
      lines.off("line", look).off("close", early);
      resolve(line);
    };
    lines.on("line", look).once("close", early);
  });
}

function environment(folder: string): NodeJS.ProcessEnv {
  return { ...process.env, PIPE_TOOLS_PIPES: folder, XDG_RUNTIME_DIR: folder, XDG_CONFIG_HOME: folder, XDG_STATE_HOME: folder, XDG_DATA_HOME: folder, XDG_CACHE_HOME: folder };
}
