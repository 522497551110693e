import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { engineArguments } from "../../../engines/process/entry.ts";
import { cancelled } from "../../../pipes/protocol/cancelled.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { Log } from "../../../pipes/rpc/log.ts";
import { withResolvers } from "../../../pipes/rpc/resolvers.ts";
import type { Work } from "../backend.ts";
import type { TextKind } from "../embedders/embedder.ts";
import type { Space } from "../backend.ts";
import type { FromStore, RequestName, Requests, StoreOptions, ToStore, WireError } from "../store/messages.ts";

/** What makes the vectors that a store asks for. */
export interface Embedding {
  /** No one has to be asked: the store makes them itself. */
  readonly hashes: boolean;
  /** With no texts only what makes them is wanted. @throws ToolError */
  embed(texts: readonly string[], kind: TextKind, signal: AbortSignal): Promise<{ readonly vectors: Float32Array[]; readonly space: Space }>;
}

export interface ThreadEvents {
  following(busy: boolean): void;
  readonly log: Log;
}

export interface RequestEvents extends Work {
  readonly onPart?: (ids: readonly string[]) => void;
}

interface Pending {
  readonly answer: ReturnType<typeof withResolvers<unknown>>;
  readonly events: RequestEvents;
  leave(): void;
}

const THREAD = "servers/vector/store/main";

/** One thread of the store, seen from the thread that owns the pipe. It is started by its first request, and again after it was lost. */
export class StoreThread {
  readonly #tool: string;
  readonly #options: StoreOptions;
  readonly #embedding: Embedding;
  readonly #events: ThreadEvents;
  readonly #pending = new Map<number, Pending>();
  readonly #embeddings = new Map<number, AbortController>();
  #worker: Worker | null = null;
  #closed: ReturnType<typeof withResolvers<void>> | null = null;
  #nextId = 1;

  constructor(tool: string, options: StoreOptions, embedding: Embedding, events: ThreadEvents) {
    this.#tool = tool;
    this.#options = options;
    this.#embedding = embedding;
    this.#events = events;
  }

  async request<N extends RequestName>(name: N, collection: string, args: Requests[N]["args"], events: RequestEvents): Promise<Requests[N]["result"]> {
    if (events.signal.aborted) throw cancelled(events.signal);
    const id = this.#nextId++;
    const answer = withResolvers<unknown>();
    const cancel = (): void => this.#send({ type: "cancel", id });
    events.signal.addEventListener("abort", cancel, { once: true });
    this.#pending.set(id, { answer, events, leave: () => events.signal.removeEventListener("abort", cancel) });
    this.#worker ??= this.#start();
    this.#send({ type: "request", id, collection, name, args });
    return answer.promise as Promise<Requests[N]["result"]>;
  }

  /** Resolves when its files are closed and the thread has ended. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === null) return;
    this.#closed ??= withResolvers<void>();
    this.#send({ type: "close" });
    await this.#closed.promise;
    await worker.terminate();
  }

  #send(message: ToStore): void {
    this.#worker?.postMessage(message);
  }

  #start(): Worker {
    const worker = startWorker({ ...this.#options, hashes: this.#embedding.hashes });
    worker.on("message", (message: FromStore) => this.#take(message));
    worker.on("error", (error) => this.#lost(worker, error.message));
    worker.on("exit", (code) => this.#lost(worker, `it ended with code ${code}`));
    return worker;
  }

  #take(message: FromStore): void {
    switch (message.type) {
      case "result":
        return this.#end(message.id, ({ answer }) => answer.resolve(message.result));
      case "failed":
        return this.#end(message.id, ({ answer }) => answer.reject(errorOf(message.error)));
      case "part":
        return this.#pending.get(message.id)?.events.onPart?.(message.ids);
      case "progress":
        return this.#pending.get(message.id)?.events.progress(message.stage, message.value, message.total);
      case "embed":
        return void this.#embed(message);
      case "unembed":
        return this.#embeddings.get(message.id)?.abort(new ToolError("cancelled"));
      case "following":
        return this.#events.following(message.busy);
      case "log":
        return this.#events.log[message.level](message.facts, message.message);
      case "closed":
        return this.#closed?.resolve();
    }
  }

  async #embed({ id, texts, kind }: Extract<FromStore, { type: "embed" }>): Promise<void> {
    const abort = new AbortController();
    this.#embeddings.set(id, abort);
    try {
      const { vectors, space } = await this.#embedding.embed(texts, kind, abort.signal);
      this.#send({ type: "embedded", id, vectors, space });
    } catch (error) {
      const { code, facts } = ToolError.from(error, "handler-failed", { cmd: "embed" });
      this.#send({ type: "embedded", id, error: { code, facts } });
    } finally {
      this.#embeddings.delete(id);
    }
  }

  #end(id: number, settle: (pending: Pending) => void): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    pending.leave();
    settle(pending);
  }

  /** What it had answered is on disk; what it had not is not known, and said so. */
  #lost(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    this.#closed?.resolve();
    this.#closed = null;
    for (const abort of this.#embeddings.values()) abort.abort(new ToolError("cancelled"));
    if (this.#pending.size > 0) this.#events.log.error({ reason }, "a thread of the store was lost");
    for (const id of this.#pending.keys()) this.#end(id, ({ answer }) => answer.reject(new ToolError("engine-died", { tool: this.#tool, reason })));
  }
}

/** From the sources the program is TypeScript, for which tsx has to be loaded in the thread itself. */
function startWorker(workerData: object): Worker {
  const [path, ...more] = engineArguments(THREAD).toReversed();
  if (more.length === 0) return new Worker(path!, { workerData });
  const [tsx, program] = [import.meta.resolve("tsx/esm/api"), pathToFileURL(path!).href];
  return new Worker(`import(${JSON.stringify(tsx)}).then(({ register }) => (register(), import(${JSON.stringify(program)})))`, { eval: true, workerData });
}

function errorOf({ code, facts }: WireError): ToolError {
  return new ToolError(code, facts);
}
