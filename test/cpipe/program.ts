import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));
export const program = join(root, "dist/cpipe.cjs");

export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Folders of its own for pipes, registry, config and logs: nothing of the user's is touched. */
export class Place {
  readonly root = mkdtempSync(join(tmpdir(), "cpipe-"));
  readonly pipes = join(this.root, "pipes");
  readonly env: NodeJS.ProcessEnv;
  readonly #running = new Set<ChildProcess>();

  constructor() {
    mkdirSync(this.pipes);
    const { PIPE_TOOLS_CONFIG: _, PIPE_TOOLS_SETTINGS: __, PIPE_TOOLS_TOOL: ___, NO_COLOR: ____, ...env } = process.env;
    const folder = (name: string): string => join(this.root, name);
    this.env = {
      ...env,
      PIPE_TOOLS_PIPES: this.pipes,
      HOME: folder("home"),
      XDG_RUNTIME_DIR: folder("run"),
      XDG_CONFIG_HOME: folder("config"),
      XDG_STATE_HOME: folder("state"),
      XDG_CACHE_HOME: folder("cache"),
      XDG_DATA_HOME: folder("data"),
    };
  }

  /** Starts cpipe with pipes at its three ends; the caller ends its standard input. */
  start(...args: string[]): ChildProcess {
    return this.#keep(spawn(process.execPath, [program, ...args], { env: this.env, stdio: "pipe" }));
  }

  /** Runs cpipe with nothing on its standard input. */
  async cpipe(...args: string[]): Promise<Finished> {
    return finished(this.#keep(spawn(process.execPath, [program, ...args], { env: this.env, stdio: ["ignore", "pipe", "pipe"] })));
  }

  /** Runs a line of sh; `cpipe` in it is ours. */
  async shell(line: string, env: NodeJS.ProcessEnv = {}): Promise<Finished> {
    const script = `cpipe() { "$NODE" "$CPIPE" "$@"; }\n${line}`;
    return finished(this.#keep(spawn("sh", ["-c", script], { env: { ...this.env, ...env, NODE: process.execPath, CPIPE: program }, stdio: ["ignore", "pipe", "pipe"] })));
  }

  /** Starts a server of ours from its source and waits until it serves. */
  async serve(file: string, name?: string): Promise<ChildProcess> {
    const env = { ...this.env, ...(name === undefined ? {} : { PIPE_TOOLS_TOOL: name }) };
    const server = this.#keep(spawn(process.execPath, ["--import", "tsx", join(root, file)], { env, cwd: root, stdio: ["ignore", "pipe", "inherit"] }));
    await once(server.stdout as NodeJS.ReadableStream, "data");
    return server;
  }

  async close(): Promise<void> {
    const ended = [...this.#running].map((child) => once(child, "close"));
    for (const child of this.#running) child.kill("SIGKILL");
    await Promise.all(ended);
    rmSync(this.root, { recursive: true, force: true });
  }

  #keep<Child extends ChildProcess>(child: Child): Child {
    this.#running.add(child);
    child.once("close", () => this.#running.delete(child));
    return child;
  }
}

/** What a process said, once it has ended. */
export async function finished(child: ChildProcess): Promise<Finished> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout, stderr };
}

/** Resolves when the stream has said `text`; rejects when it ends without. */
export function says(stream: NodeJS.ReadableStream | null, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = "";
    stream?.once("end", () => reject(new Error(`expected ${JSON.stringify(text)}, got ${JSON.stringify(seen)}`)));
    stream?.on("data", (chunk: Buffer | string) => {
      seen += chunk.toString();
      if (seen.includes(text)) resolve();
    });
  });
}
