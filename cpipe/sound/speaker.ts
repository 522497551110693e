import type { ToolClient } from "../../pipes/client/tool-client.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";

/** Has a tool speak a text that comes piece by piece. What it cannot speak is said once, and keeps nobody from reading. */
export class Speaker {
  readonly #client: ToolClient;
  readonly #failed: (error: ToolError) => void;
  #broken = false;
  #spoken = false;

  constructor(client: ToolClient, failed: (error: ToolError) => void) {
    this.#client = client;
    this.#failed = failed;
  }

  /** The next piece. */
  say(data: string): void {
    if (data === "" || this.#broken) return;
    this.#spoken = true;
    this.#client.call("text", { data }, { timeout: Number.POSITIVE_INFINITY }).catch((error: unknown) => this.#fail(error));
  }

  /** Resolves when all of it has been heard. */
  async heard(signal: AbortSignal): Promise<void> {
    if (this.#broken || !this.#spoken) return;
    this.#spoken = false;
    try {
      await this.#client.call("flush", { wait: true }, { signal, timeout: Number.POSITIVE_INFINITY });
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  /** Silence, at once. */
  async hush(): Promise<void> {
    this.#spoken = false;
    if (!this.#broken) await this.#client.call("silence", {}, { timeout: HUSH_MS }).catch(() => undefined); // it is gone, or will be with the connection
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  #fail(thrown: unknown): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#failed(ToolError.from(thrown));
  }
}

const HUSH_MS = 1000;
