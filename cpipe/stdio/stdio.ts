import { ToolError } from "../../pipes/protocol/errors.ts";
import { MAX_LINE_BYTES, type ToolEvent } from "../../pipes/protocol/messages.ts";
import { packageVersion } from "../../pipes/protocol/package.ts";
import { LineDecoder } from "../../pipes/client/lines.ts";
import type { Output } from "../output.ts";
import { errorEvent } from "../render.ts";
import type { Interruption } from "../signals.ts";
import { Clients } from "./clients.ts";
import { perform } from "./perform.ts";
import { type Id, parseRequest, type StdioRequest } from "./request.ts";

const CLOSING_MS = 1000;

/**
 * `cpipe --stdio`: requests as lines of JSON on standard input, their events as lines on standard output, each under its
 * request's `id`, the last one with `final: true`. Ends with standard input or a signal; what is under way then is cancelled.
 */
export async function stdio(out: Output, interruption: Interruption, input: NodeJS.ReadStream = process.stdin): Promise<void> {
  const bridge = new Bridge(out);
  out.write(line({ event: "ready", version: packageVersion() }));
  const lines = new LineDecoder(MAX_LINE_BYTES, (text) => bridge.take(text), () => bridge.refuse(null, new ToolError("line-too-long", { limit: MAX_LINE_BYTES })));
  await new Promise<void>((resolve) => {
    interruption.signal.addEventListener("abort", () => resolve(), { once: true });
    input.on("data", (chunk: Buffer) => lines.push(chunk));
    input.once("end", () => (lines.push(Buffer.from("\n")), resolve())); // what came last may have no newline
    input.once("error", () => resolve()); // its writer has gone in another way
  });
  input.pause();
  await bridge.close();
}

/** What is under way, and for whom. */
class Bridge {
  readonly #out: Output;
  readonly #clients = new Clients();
  readonly #under = new Map<Id, AbortController>();
  readonly #running = new Set<Promise<void>>();

  constructor(out: Output) {
    this.#out = out;
  }

  /** One line of standard input. */
  take(text: string): void {
    if (text.trim() === "") return;
    let request: StdioRequest;
    try {
      request = parseRequest(text);
    } catch (thrown) {
      return this.refuse(null, ToolError.from(thrown));
    }
    const { id } = request;
    const current = this.#under.get(id);
    if (request.kind === "cancel") return current?.abort(new ToolError("cancelled")); // what has ended meanwhile needs no word
    // Under its own id this would look like the end of the one that is under way.
    if (current !== undefined) return this.refuse(null, new ToolError("invalid-request", { path: "$.id", expected: "one that is not under way", got: JSON.stringify(id) }));
    const cancel = new AbortController();
    this.#under.set(id, cancel);
    const running = this.#run(request, cancel.signal).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  refuse(id: Id | null, error: ToolError): void {
    this.#out.write(line({ id, ...errorEvent(error), final: true }));
  }

  /** Cancels what is under way and leaves every tool. */
  async close(): Promise<void> {
    for (const cancel of this.#under.values()) cancel.abort(new ToolError("cancelled", { reason: "standard input has ended" }));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSING_MS)));
    await Promise.race([Promise.all(this.#running).then(() => this.#clients.close()), late]);
    clearTimeout(timer);
  }

  async #run(request: Exclude<StdioRequest, { kind: "cancel" }>, signal: AbortSignal): Promise<void> {
    const { id } = request;
    const tell = (event: ToolEvent, final: boolean): void => {
      const { req_id: _, ...rest } = event;
      if (final) this.#under.delete(id);
      this.#out.write(line({ id, ...rest, ...(final ? { final } : {}) }));
    };
    try {
      await perform(request, this.#clients, signal, tell);
    } catch (thrown) {
      this.#under.delete(id);
      this.refuse(id, ToolError.from(thrown));
    }
  }
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
