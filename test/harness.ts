import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { fifoOf } from "../pipes/protocol/names.ts";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** A place of its own for one test file: pipes, XDG folders, and the processes it has started. */
export interface World {
  readonly folder: string;
  readonly pipes: string;
  /** For children: nothing in it leads to the user's own folders. */
  readonly env: NodeJS.ProcessEnv;
  /** Starts a program of ours, from its source; `program` is a path from the root. */
  run(program: string, args?: readonly string[], env?: NodeJS.ProcessEnv): Running;
  /** Starts a server and waits until it says in its log that it serves. */
  serve(program: string, name: string, env?: NodeJS.ProcessEnv): Promise<Running>;
  /** FIFOs left in the pipes folder. */
  leftovers(): string[];
  /** Kills what still runs and removes the folder. Fails when a test has left a FIFO behind. */
  close(): Promise<void>;
}

export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Every line of standard output so far. */
  readonly lines: string[];
  /** Every line of standard output so far that is JSON. */
  log(): Array<Record<string, unknown>>;
  stderr(): string;
  /** Resolves with the first line, past or future, that `found` accepts. Rejects when the program ends without one. */
  line(found: (line: string) => boolean): Promise<string>;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  kill(signal?: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export function makeWorld(): World {
  const folder = mkdtempSync(join(tmpdir(), "pipe-tools-test-"));
  const pipes = join(folder, "pipes");
  mkdirSync(pipes);
  const env = environment(folder, pipes);
  unclosed.add(env);
  const running = new Set<Running>();
  const run: World["run"] = (program, args = [], more = {}) => {
    const started = start([...(program.endsWith(".ts") ? ["--import", "tsx"] : []), join(root, program), ...args], { ...env, ...more });
    running.add(started);
    void started.ended.then(() => running.delete(started));
    return started;
  };
  return {
    folder,
    pipes,
    env,
    run,
    async serve(program, name, more = {}) {
      const server = run(program, [], { PIPE_TOOLS_TOOL: name, ...more });
      await server.line((line) => line.includes('"msg":"serving"'));
      return server;
    },
    leftovers: () => readdirSync(pipes),
    async close() {
      const forgotten = [...running].map(({ pid }) => pid);
      await Promise.all([...running].map((program) => program.kill("SIGKILL")));
      const orphans = endOrphans(env);
      const left = readdirSync(pipes);
      rmSync(folder, { recursive: true });
      unclosed.delete(env);
      assert.deepEqual({ forgotten, orphans, left }, { forgotten: [], orphans: [], left: [] }, "a test has left something behind");
    },
  };
}

/** The environments of worlds that are still there. */
const unclosed = new Set<NodeJS.ProcessEnv>();

// A test that fails closes nothing. What it has started would go on for ever, and its folder tells what happened.
process.on("exit", () => {
  for (const env of unclosed) process.stderr.write(`not closed: ${env["HOME"]}; processes ended: ${endOrphans(env).join(" ") || "none"}\n`);
});
if (process.env["NODE_TEST_CONTEXT"] !== undefined) process.on("SIGTERM", () => process.exit(1)); // so the test runner ends a file whose time is over

/** Kills every process of a world, whoever has started it; returns what each of them was. */
function endOrphans({ HOME }: NodeJS.ProcessEnv): string[] {
  if (process.platform !== "linux") return []; // nothing else shows whose a process is
  return readdirSync("/proc").flatMap((name) => {
    const pid = Number(name);
    try {
      if (!Number.isInteger(pid) || !readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`HOME=${HOME}`)) return [];
      const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      process.kill(pid, "SIGKILL");
      return [`${pid}: ${line}`];
    } catch {
      return []; // it has ended, or belongs to somebody else
    }
  });
}

export const upstreamOf = (world: World, name: string): string => fifoOf.upstream(world.pipes, name);

function environment(folder: string, pipes: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([key]) => !/^(XDG_|PIPE_TOOLS_|NODE_TEST)/.test(key));
  const places = ["RUNTIME_DIR", "CONFIG_HOME", "STATE_HOME", "CACHE_HOME", "DATA_HOME"].map((place) => [`XDG_${place}`, join(folder, place.toLowerCase())]);
  return { ...Object.fromEntries(kept), ...Object.fromEntries(places), HOME: folder, PIPE_TOOLS_PIPES: pipes };
}

function start(args: readonly string[], env: NodeJS.ProcessEnv): Running {
  const child = spawn(process.execPath, args, { env, cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  const awaited = new Set<(line: string) => void>();
  let stderr = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    for (const look of awaited) look(line);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "close").then(([code, signal]) => ({ code: code as number | null, signal: signal as NodeJS.Signals | null }));
  const line = async (found: (line: string) => boolean): Promise<string> => {
    const past = lines.find(found);
    if (past !== undefined) return past;
    let look!: (line: string) => void;
    const future = new Promise<string>((resolve) => awaited.add((look = (text) => found(text) && resolve(text))));
    const none = ended.then(() => lines.find(found) ?? assert.fail(`${args.at(-1) ?? ""} ended without the line that was waited for. It said: ${lines.join("\n")}${stderr}`));
    return Promise.race([future, none]).finally(() => awaited.delete(look));
  };
  return {
    child,
    pid: child.pid ?? -1,
    lines,
    log: () => lines.filter((text) => text.startsWith("{")).map((text) => JSON.parse(text) as Record<string, unknown>),
    stderr: () => stderr,
    line,
    ended,
    kill(signal = "SIGTERM") {
      child.kill(signal);
      return ended;
    },
  };
}
