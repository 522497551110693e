import { parentPort, workerData } from "node:worker_threads";
import type { WireError } from "../../../engines/process/messages.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { withResolvers } from "../../../pipes/rpc/resolvers.ts";
import type { Space } from "../backend.ts";
import type { FromStore, StoreOptions, ToStore } from "./messages.ts";
import { Store } from "./store.ts";
import { hashVectors, type Vectors } from "./vectors.ts";

/**
 * A thread that has collections: SQLite and the search in memory are synchronous, and the thread that owns the pipe never waits for
 * them. It is told what to do, and asks for vectors, by messages.
 */
const port = parentPort!;
const { hashes, ...options } = workerData as StoreOptions & { readonly hashes: boolean };
const running = new Map<number, AbortController>();
const asked = new Map<number, ReturnType<typeof withResolvers<{ vectors: Float32Array[]; space: Space }>>>();
let nextAsk = 1;

const say = (message: FromStore): void => port.postMessage(message);
const wire = ({ code, facts }: ToolError): WireError => ({ code, facts });

/** Asks the thread that has the embedder. */
async function ask(texts: readonly string[], kind: "query" | "passage", signal?: AbortSignal): Promise<{ vectors: Float32Array[]; space: Space }> {
  const id = nextAsk++;
  const answer = withResolvers<{ vectors: Float32Array[]; space: Space }>();
  asked.set(id, answer);
  const leave = (): void => say({ type: "unembed", id });
  signal?.addEventListener("abort", leave, { once: true });
  say({ type: "embed", id, texts, kind });
  try {
    return await answer.promise;
  } finally {
    asked.delete(id);
    signal?.removeEventListener("abort", leave);
  }
}

let known: Space | null = null;
const askedVectors: Vectors = {
  cheap: false,
  space: async () => (known ??= (await ask([], "passage")).space),
  embed: async (texts, kind, signal) => (texts.length === 0 ? [] : (await ask(texts, kind, signal)).vectors),
};

const store = new Store(options, hashes ? hashVectors : askedVectors, {
  busy: (delta) => say({ type: "following", busy: delta > 0 }),
  problem: (collection, error) => say({ type: "log", level: "warn", facts: { collection, code: error.code }, message: error.message }),
  taken: (collection, path, { changed, removed, passages }) => say({ type: "log", level: "info", facts: { collection, path, changed, removed, passages }, message: "took in what has changed" }),
});

async function perform({ id, collection, name, args }: Extract<ToStore, { type: "request" }>): Promise<void> {
  const abort = new AbortController();
  running.set(id, abort);
  try {
    const result = await store.perform(name, collection, args as never, {
      signal: abort.signal,
      progress: (stage, value, total) => say({ type: "progress", id, stage, value, total }),
      part: (ids) => say({ type: "part", id, ids }),
    });
    say({ type: "result", id, result });
  } catch (error) {
    say({ type: "failed", id, error: wire(ToolError.from(error, "handler-failed", { cmd: name })) });
  } finally {
    running.delete(id);
  }
}

/** What could not be closed well is whole all the same, and read at the next start as after a kill. */
async function close(): Promise<void> {
  for (const abort of running.values()) abort.abort(new ToolError("cancelled"));
  try {
    await store.close();
  } catch (thrown) {
    const { code, message } = ToolError.from(thrown);
    say({ type: "log", level: "warn", facts: { code }, message });
  }
  say({ type: "closed" });
  port.close();
}

port.on("message", (message: ToStore) => {
  switch (message.type) {
    case "request":
      return void perform(message);
    case "cancel":
      return running.get(message.id)?.abort(new ToolError("cancelled"));
    case "embedded": {
      const { id, vectors, space, error } = message;
      if (error === undefined) asked.get(id)?.resolve({ vectors: vectors ?? [], space: space! });
      else asked.get(id)?.reject(new ToolError(error.code, error.facts));
      return;
    }
    case "close":
      return void close();
  }
});
