import type { ToolClient } from "../../pipes/client/tool-client.ts";
import { connect, findTarget } from "../target.ts";
import { whileWanted } from "../../pipes/client/while-wanted.ts";

/** How long a tool may take to answer `subscribe`, in ms: one that the daemon is starting waits behind its pipe. */
const CONNECT_MS = 30_000;

/**
 * Connections to tools. A process can have one to each, so all requests of a session share it; it is closed with the last of them, so that a tool that
 * is to rest is not kept from it.
 */
export class Lines {
  readonly #lines = new Map<string, Line>();
  readonly #closing = new AbortController();

  /** Does something with a connection to a tool. @throws ToolError `no-such-tool`, `not-ready`, `timeout`, …; the signal's reason */
  async with<T>(tool: string, signal: AbortSignal, use: (client: ToolClient) => Promise<T>): Promise<T> {
    const line = this.#lines.get(tool) ?? new Line(tool, this.#closing.signal, () => this.#lines.delete(tool));
    this.#lines.set(tool, line);
    line.users++;
    try {
      return await use(await line.connect(signal));
    } finally {
      line.leave();
    }
  }

  /** Ends all of them; what is under way is cancelled on its server. */
  async close(): Promise<void> {
    const lines = [...this.#lines.values()];
    this.#closing.abort();
    await Promise.all(lines.map((line) => line.close()));
  }
}

class Line {
  users = 0;
  readonly #tool: string;
  readonly #closing: AbortSignal;
  readonly #unused: () => void;
  #client: Promise<ToolClient> | null = null;
  /** The next connection has to wait for the end of the one before: the pipes have the same names. */
  #closed: Promise<void> = Promise.resolve();

  constructor(tool: string, closing: AbortSignal, unused: () => void) {
    this.#tool = tool;
    this.#closing = closing;
    this.#unused = unused;
  }

  /** Whoever is cancelled leaves; the connection goes on for the others. */
  connect(signal: AbortSignal): Promise<ToolClient> {
    signal.throwIfAborted();
    this.#client ??= this.#open();
    return whileWanted(this.#client, signal);
  }

  leave(): void {
    this.users--;
    if (this.users > 0) return;
    void this.close().then(() => this.users === 0 && this.#client === null && this.#unused());
  }

  close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    if (client === null) return this.#closed;
    const closed = client.then((open) => open.close()).catch(() => undefined); // it was never open, or has gone by itself
    this.#closed = Promise.all([this.#closed, closed]).then(() => undefined);
    return this.#closed;
  }

  #open(): Promise<ToolClient> {
    const signal = this.#closing;
    const opened = this.#closed.then(() => connect(findTarget(this.#tool), { timeout: CONNECT_MS, signal, unnamed: true }));
    opened.catch(() => {
      if (this.#client === opened) this.#client = null;
    });
    return opened;
  }
}
