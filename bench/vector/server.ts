import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { ToolClient } from "pipe-tools/client";
import type { Item } from "../../pipes/protocol/interfaces/vector.ts";
import { here, start, type Started } from "../processes.ts";

export const COLLECTION = "bench";
/** Rows of one request of many. */
const BATCH = 256;
const PATIENCE_MS = 600_000;

/** The real server as it is installed, alone in a folder, and a client's connection to it over its pipe. */
export class Server {
  readonly folder: string;
  readonly client: ToolClient;
  readonly #started: Started;

  static async start(folder: string, settings: object): Promise<Server> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const started = start(here("../servers/vector/main.js"), [], folder, { PIPE_TOOLS_TOOL: "vector", PIPE_TOOLS_SETTINGS: JSON.stringify(settings) });
    await started.line("serving");
    return new Server(folder, started, await ToolClient.connect("vector", { folder }));
  }

  private constructor(folder: string, started: Started, client: ToolClient) {
    this.folder = folder;
    this.#started = started;
    this.client = client;
  }

  async call(cmd: string, args: object): Promise<Record<string, unknown>> {
    return this.client.call(cmd, { collection: COLLECTION, ...args }, { timeout: PATIENCE_MS });
  }

  async search(args: object): Promise<Array<{ id: string }>> {
    return (await this.call("search", args))["hits"] as Array<{ id: string }>;
  }

  /** Adds in requests of a few hundred rows, two at a time, so that none is waited for. Resolves when all are on disk. */
  async addMany(count: number, items: (from: number, to: number) => Item[]): Promise<void> {
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < count) {
        const from = next;
        next = Math.min(count, from + BATCH);
        await this.call("add_many", { items: items(from, next) });
      }
    };
    await Promise.all([lane(), lane()]);
  }

  /** Bytes of memory that the process has in use, all threads included; NaN where the system does not tell. */
  get memory(): number {
    const path = `/proc/${this.#started.child.pid}/status`;
    return existsSync(path) ? Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(path, "latin1"))?.[1]) * 1024 : Number.NaN;
  }

  /** Bytes of the collection on disk. */
  get disk(): number {
    const path = join(this.folder, "pipe-tools/vector", `${COLLECTION}.sqlite`);
    return ["", "-wal"].reduce((sum, ending) => sum + (statSync(path + ending, { throwIfNoEntry: false })?.size ?? 0), 0);
  }

  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const ended = once(this.#started.child, "close");
    if (signal === "SIGTERM") await this.client.close();
    this.#started.child.kill(signal);
    await ended;
    if (signal !== "SIGTERM") await this.client.close();
  }
}
