import { existsSync } from "node:fs";
import { resolveTool } from "../../../pipes/client/discover.ts";
import { checkReady, explainSilence, runningRegistry } from "../../../pipes/client/readiness.ts";
import { ToolClient } from "../../../pipes/client/tool-client.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { fifoOf } from "../../../pipes/protocol/names.ts";
import { mkfifo } from "../../../pipes/transport/libc.ts";
import { whileWanted } from "../../../pipes/client/while-wanted.ts";

/** How long a tool may take to answer `subscribe`, in ms: one that the daemon is starting waits behind its pipe. */
const CONNECT_MS = 10_000;

/** A tool in the hands of one request. */
export interface Lease {
  readonly tool: string;
  /** A connection; another one where the last has ended. @throws ToolError `no-such-tool`, `not-ready`, `timeout`, … */
  connect(signal: AbortSignal): Promise<ToolClient>;
  release(): void;
}

/**
 * Connections to other tools. A process can have one to each, so all requests share it; it is closed with the last of them, so that a tool at
 * rest is not kept from it, and one that has gone is not called back by our wish to stay connected.
 */
export class Fleet {
  readonly #lines = new Map<string, Line>();

  lease(tool: string): Lease {
    const line = this.#lines.get(tool) ?? new Line(tool, () => this.#lines.delete(tool));
    this.#lines.set(tool, line);
    line.users++;
    let held = true;
    return {
      tool,
      connect: (signal) => line.connect(signal),
      release: () => {
        if (held) line.leave();
        held = false;
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#lines.values()].map((line) => line.close()));
  }
}

/** Whether there is a tool of this name: its pipe, or its entry in the registry. */
export function isTool(name: string): boolean {
  try {
    const { folder } = resolveTool(name);
    return existsSync(fifoOf.upstream(folder, name)) || runningRegistry()?.tools[name] !== undefined;
  } catch {
    return false; // no tool can have this name
  }
}

class Line {
  users = 0;
  readonly #tool: string;
  readonly #unused: () => void;
  #client: Promise<ToolClient> | null = null;
  #closing: Promise<void> = Promise.resolve();

  constructor(tool: string, unused: () => void) {
    this.#tool = tool;
    this.#unused = unused;
  }

  /** Whoever is cancelled leaves; the connection goes on for the others. */
  async connect(signal: AbortSignal): Promise<ToolClient> {
    signal.throwIfAborted();
    const client = (this.#client ??= this.#open());
    return whileWanted(client, signal);
  }

  leave(): void {
    this.users--;
    if (this.users > 0) return;
    const closing = this.close();
    void closing.then(() => this.users === 0 && this.#closing === closing && this.#unused());
  }

  /** The next connection has to wait for it: the pipes have the same names. */
  close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    const before = this.#closing;
    this.#closing = before.then(() => client?.then((open) => open.close(), () => undefined));
    return this.#closing;
  }

  #open(): Promise<ToolClient> {
    const opened: Promise<ToolClient> = this.#closing.then(() => connect(this.#tool));
    const forget = (): void => {
      if (this.#client === opened) this.#client = null;
    };
    opened.then((client) => client.on("lost", forget), forget);
    return opened;
  }
}

async function connect(tool: string): Promise<ToolClient> {
  const { folder } = resolveTool(tool);
  const registry = runningRegistry();
  checkReady({ entry: registry?.pipes === folder ? (registry.tools[tool] ?? null) : null });
  try {
    return (await ToolClient.connect(tool, { folder, timeout: CONNECT_MS, reconnect: false, makeFifo: mkfifo, unnamed: true })).unref();
  } catch (thrown) {
    const error = ToolError.from(thrown);
    throw error.code === "timeout" ? explainSilence(error, tool, folder) : error;
  }
}
