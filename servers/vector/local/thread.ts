import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import type { WireError } from "../../../engines/process/messages.ts";
import { engineArguments } from "../../../engines/process/entry.ts";
import { cancelled } from "../../../pipes/protocol/cancelled.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { Log } from "../../../pipes/rpc/log.ts";
import { withResolvers } from "../../../pipes/rpc/resolvers.ts";
import type { Work } from "../backend.ts";
import type { TextKind } from "../embedders/embedder.ts";
import type { Space } from "../backend.ts";
import type { FromStore, RequestName, Requests, StoreOptions, ToStore } from "../store/messages.ts";

/** What makes the vectors that a store asks for. */
export interface Embedding {
  /** No one has to be asked: the store makes them itself. */
  readonly hashes: boolean;
  /** With no texts only what makes them is wanted. @throws ToolError */
  embed(texts: readonly string[], kind: TextKind, signal: AbortSignal): Promise<{ readonly vectors: Float32Array[]; readonly space: Space }>;
}

export interface ThreadEvents {
  following(busy: boolean): void;
  /** It has ended without having been asked to; these are the collections that it had. */
  lost(collections: readonly string[]): void;
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

/** A thread from its start to its end. What was asked by one that is no more is not answered to the next, whose numbers are the same. */
interface Life {
  readonly worker: Worker;
  send(message: ToStore): void;
  readonly embeddings: Map<number, AbortController>;
  readonly collections: Set<string>;
  /** Resolves when it was told to close and has closed its files, or is lost. */
  readonly closed: ReturnType<typeof withResolvers<void>>;
  /** Folders that it is taking in. */
  following: number;
  isClosing: boolean;
}

const THREAD = "servers/vector/store/main";

/** One thread of the store, seen from the thread that owns the pipe. It is started by its first request, and again after it was lost. */
export class StoreThread {
  readonly #tool: string;
  readonly #options: StoreOptions;
  readonly #embedding: Embedding;
  readonly #events: ThreadEvents;
  readonly #pending = new Map<number, Pending>();
  #life: Life | null = null;
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
    const life = (this.#life ??= this.#start());
    const cancel = (): void => life.send({ type: "cancel", id });
    events.signal.addEventListener("abort", cancel, { once: true });
    this.#pending.set(id, { answer, events, leave: () => events.signal.removeEventListener("abort", cancel) });
    life.collections.add(collection);
    life.send({ type: "request", id, collection, name, args });
    return answer.promise as Promise<Requests[N]["result"]>;
  }

  /** Resolves when its files are closed and the thread has ended. Nothing may be asked of it meanwhile. */
  async close(): Promise<void> {
    const life = this.#life;
    if (life === null) return;
    life.isClosing = true;
    // A change that waits for its vectors would have everybody wait.
    for (const abort of life.embeddings.values()) abort.abort(new ToolError("cancelled"));
    life.send({ type: "close" });
    await life.closed.promise;
    await life.worker.terminate();
  }

  #start(): Life {
    const worker = startWorker({ ...this.#options, hashes: this.#embedding.hashes });
    const send = (message: ToStore): void => worker.postMessage(message, []);
    const life: Life = { worker, send, embeddings: new Map(), collections: new Set(), closed: withResolvers<void>(), following: 0, isClosing: false };
    worker.on("message", (message: FromStore) => this.#take(life, message));
    worker.on("error", (error) => this.#lost(life, error.message));
    worker.on("exit", (code) => this.#lost(life, `it ended with code ${code}`));
    return life;
  }

  #take(life: Life, message: FromStore): void {
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
        return void this.#embed(life, message);
      case "unembed":
        return life.embeddings.get(message.id)?.abort(new ToolError("cancelled"));
      case "following":
        life.following += message.busy ? 1 : -1;
        return this.#events.following(message.busy);
      case "log":
        return this.#events.log[message.level](message.facts, message.message);
      case "closed":
        return life.closed.resolve();
    }
  }

  async #embed(life: Life, { id, texts, kind }: Extract<FromStore, { type: "embed" }>): Promise<void> {
    const abort = new AbortController();
    life.embeddings.set(id, abort);
    try {
      if (life.isClosing) throw new ToolError("cancelled");
      const { vectors, space } = await this.#embedding.embed(texts, kind, abort.signal);
      life.send({ type: "embedded", id, vectors, space });
    } catch (error) {
      const { code, facts } = ToolError.from(error, "handler-failed", { cmd: "embed" });
      life.send({ type: "embedded", id, error: { code, facts } });
    } finally {
      life.embeddings.delete(id);
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
  #lost(life: Life, reason: string): void {
    if (this.#life !== life) return;
    this.#life = null;
    life.closed.resolve();
    for (const abort of life.embeddings.values()) abort.abort(new ToolError("cancelled"));
    for (; life.following > 0; life.following--) this.#events.following(false);
    if (!life.isClosing) this.#events.log.error({ reason }, "a thread of the store was lost");
    for (const id of this.#pending.keys()) this.#end(id, ({ answer }) => answer.reject(new ToolError("engine-died", { tool: this.#tool, reason })));
    if (!life.isClosing) this.#events.lost([...life.collections]);
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
