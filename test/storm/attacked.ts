import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { ToolClient } from "../../pipes/client/tool-client.ts";
import { fifoOf } from "../../pipes/protocol/names.ts";
import type { RegistryEntry } from "../../pipes/protocol/registry.ts";
import { mkfifo } from "../../pipes/transport/libc.ts";
import { launchDaemon } from "../daemon/daemon.ts";
import type { Running, World } from "../harness.ts";
import type { Journal } from "./journal.ts";

export const DESCRIPTORS = 1024;
const START_MS = 30_000;

/** The daemon that the storm goes over: killed, it is started again. */
export class Attacked {
  readonly #world: World;
  readonly #journal: Journal;
  readonly #env: NodeJS.ProcessEnv;
  #running: Running | null = null;
  #control: ToolClient | null = null;
  /** Its end was our doing. */
  #killed = false;

  constructor(world: World, journal: Journal, env: NodeJS.ProcessEnv) {
    this.#world = world;
    this.#journal = journal;
    this.#env = env;
  }

  get pid(): number {
    return this.#running?.pid ?? -1;
  }

  /** Starts it; resolves when it answers. */
  async start(): Promise<void> {
    this.#killed = false;
    const running = launchDaemon(this.#world, ["--foreground"], this.#env);
    this.#running = running;
    void running.ended.then(({ code, signal }) => {
      if (!this.#killed) this.#journal.violate(`the daemon ended by itself: ${signal ?? `exit code ${code}`} ${running.stderr().slice(-2000)}`);
    });
    const control = await this.#connect(running);
    limitDescriptors(running.pid, DESCRIPTORS);
    this.#control = control;
  }

  async kill(): Promise<void> {
    this.#killed = true;
    await this.#running?.kill("SIGKILL");
    await this.#letGo();
  }

  /** SIGTERM; resolves to its exit code. */
  async end(): Promise<number | null> {
    this.#killed = true;
    await this.#letGo();
    return (await this.#running?.kill("SIGTERM"))?.code ?? null;
  }

  signal(signal: NodeJS.Signals): void {
    this.#running?.child.kill(signal);
  }

  call(cmd: string, args: object = {}): Promise<Record<string, unknown>> {
    if (this.#control === null) return Promise.reject(new Error("the daemon does not run"));
    return this.#control.call(cmd, args, { timeout: START_MS, idempotent: true });
  }

  /** Resolves once each of the tools is ready, or rests, and its registry says what it says. */
  async calm(tools: readonly string[]): Promise<RegistryEntry[]> {
    for (const end = performance.now() + START_MS; ; ) {
      const entries = (await this.call("list").catch(() => ({ tools: [] })))["tools"] as RegistryEntry[];
      if (tools.every((tool) => entries.some(({ name, phase }) => name === tool && (phase === "ready" || phase === "resting")))) return entries;
      if (performance.now() > end) throw new Error(`not calm after ${START_MS / 1000} s: ${entries.map(({ name, phase, reason }) => `${name} ${phase} (${reason})`).join(", ")}`);
      await sleep(50);
    }
  }

  async #letGo(): Promise<void> {
    const control = this.#control;
    this.#control = null;
    await control?.close();
  }

  async #connect(running: Running): Promise<ToolClient> {
    for (const end = performance.now() + START_MS; ; ) {
      try {
        if (existsSync(fifoOf.upstream(this.#world.pipes, "supervisor"))) return await ToolClient.connect("supervisor", { folder: this.#world.pipes, makeFifo: mkfifo, timeout: START_MS });
      } catch (error) {
        if (running.child.exitCode !== null || performance.now() > end) throw new Error(`the daemon does not answer: ${running.stderr()}`, { cause: error });
      }
      if (performance.now() > end) throw new Error("the daemon does not open its control pipe");
      await sleep(10);
    }
  }
}

export function limitDescriptors(pid: number, most: number): void {
  try {
    execFileSync("prlimit", ["--pid", String(pid), `--nofile=${most}:`], { stdio: "ignore" });
  } catch {
    // it has been killed meanwhile
  }
}

/** What a process has open, and bytes of memory. */
export function sizeOf(pid: number): { descriptors: number; rss: number } {
  const rss = Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) * 1024;
  return { descriptors: readdirSync(`/proc/${pid}/fd`).length, rss };
}
