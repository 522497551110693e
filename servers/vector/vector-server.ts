import { isAbsolute } from "node:path";
import type { Residence } from "../../engines/residence.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import type { Args } from "../../pipes/protocol/interfaces/define.ts";
import { DEFAULT_COLLECTION, vector } from "../../pipes/protocol/interfaces/vector.ts";
import { appliesOf } from "../../pipes/protocol/settings/index.ts";
import { type VectorSettings, vectorDefaults } from "../../pipes/protocol/settings/vector.ts";
import type { Call } from "../../pipes/rpc/call.ts";
import { Parts } from "../../pipes/rpc/parts.ts";
import { Pace } from "../../pipes/rpc/pace.ts";
import type { OwnLoad } from "../../pipes/rpc/worker.ts";
import type { ServerOptions } from "../../pipes/rpc/server-options.ts";
import { ToolServer } from "../../pipes/rpc/server.ts";
import type { Backend, Selection, Work } from "./backend.ts";
import type { EmbedderFacts, ResidentEmbedder } from "./embedders/embedder.ts";
import { openEmbedder } from "./embedders/open.ts";
import { embedAt } from "./embedders/paced.ts";
import { parseFilter } from "./filter.ts";
import { exportFile, exportLines, importLines } from "./jsonl.ts";
import { openBackend } from "./open-backend.ts";

type A<C extends keyof (typeof vector)["commands"]> = Args<typeof vector, C>;

/** The vector tool. What takes time is done on other threads and in other processes, so this one always answers. */
export class VectorServer extends ToolServer {
  #settings: Readonly<VectorSettings>;
  readonly #embedder: Residence<EmbedderFacts, ResidentEmbedder>;
  readonly #pace = new Pace("texts/s");
  readonly #backend: Backend;
  /** Folders that are being taken in. */
  #indexing = 0;
  #loading = true;
  /** Why there are no vectors to be had, and why no collections. */
  #failure: string | null = null;
  #unclaimed: string | null = null;

  constructor(options: ServerOptions = {}) {
    super({ name: "vector", description: "Search your texts by words and by meaning", state: "loading", ...options });
    this.#settings = this.settings;
    this.#embedder = openEmbedder({ tool: this.name, maxQueue: () => this.#settings.maxQueue ?? vectorDefaults.maxQueue }, this.#settings, {
      room: () => this.room(),
      loading: () => this.#settle(() => (this.#loading = true)),
      progress: (stage, value, total) => this.progress(stage, value, total),
      retrying: () => this.alive(),
      ready: (facts) => {
        this.log.info({ ...facts }, "embedder ready");
        this.#settle(() => ([this.#loading, this.#failure] = [false, null]));
      },
      failed: (error) => {
        this.log.error({ code: error.code, details: error.facts }, error.message);
        this.#settle(() => ([this.#loading, this.#failure] = [false, error.message]));
      },
      log: this.log,
    });
    this.#backend = openBackend({
      tool: this.name,
      settings: () => this.#settings,
      embedder: this.#embedder,
      pace: this.#pace,
      following: (busy) => this.#settle(() => (this.#indexing += busy ? 1 : -1)),
      claimed: (failure) => this.#claimed(failure),
      // Who has waited for room to load the embedder need not do so again.
      room: () => (this.state === "released" || this.state === "waiting" ? this.room() : Promise.resolve()),
      log: this.log,
    });
    this.#implement();
  }

  /** Begins to load the embedder and to open what is there. */
  prepare(): void {
    this.#embedder.prepare();
    // A standby must not touch the folder, which the worker before it has.
    if (process.env["PIPE_TOOLS_STANDBY"] !== "1") this.#prepareBackend();
  }

  /** The worker before it is about to leave the folder. */
  protected override onPromoted(): void {
    this.#prepareBackend();
  }

  /** What rows are joined by holds from the next search on; what vectors are made by, and where they are, needs another process. @throws ToolError `unsupported` */
  protected override onConfigure(settings: Readonly<Record<string, unknown>>): void {
    const keys = new Set([...Object.keys(this.#settings), ...Object.keys(settings)] as (keyof VectorSettings)[]);
    const fixed = [...keys].filter((key) => appliesOf("vector", key) !== "live" && JSON.stringify(this.#settings[key]) !== JSON.stringify(settings[key]));
    if (fixed.length > 0) throw new ToolError("unsupported", { tool: this.name, what: `take another ${fixed.join(", ")} while it runs`, hint: "Restart it" });
    this.#settings = settings;
  }

  /** The built-in vectors are made on the threads that keep them, which count none. */
  protected override onHealth(): OwnLoad {
    return { waiting: this.#embedder.waiting, rate: this.#pace.rate };
  }

  /** @throws ToolError `busy` while folders are taken in */
  protected override async onRelease(): Promise<void> {
    if (this.#indexing > 0) throw new ToolError("busy", { tool: this.name, queued: this.#indexing });
    await this.#backend.close();
    await this.#embedder.release();
  }

  protected override async onClose(): Promise<void> {
    await this.#backend.close();
    await this.#embedder.close();
  }

  #implement(): void {
    const backend = this.#backend;
    const of = (collection: string | undefined): string => collection ?? DEFAULT_COLLECTION;
    this.implement(vector, {
      search: ({ collection, query, vector: given, k = 10, filter, mode = "hybrid", candidates }: A<"search">, call: Call) =>
        this.#search(of(collection), { query: query ?? null, vector: given ?? null, k, filter: filter === undefined ? null : parseFilter(filter), mode, ...(candidates === undefined ? {} : { candidates }) }, call),
      add: async ({ collection, ...item }: A<"add">, call: Call) => {
        await this.#embedderFor(call, item.vector === undefined);
        let id: string | undefined;
        await backend.add(of(collection), [item], workOf(call), ([added]) => void (id = added));
        return { event: "added", id };
      },
      add_many: ({ collection, items }: A<"add_many">, call: Call) => this.#addMany(of(collection), items, call),
      update: async ({ collection, id, ...change }: A<"update">, call: Call) => {
        await this.#embedderFor(call, change.text !== undefined && change.vector === undefined);
        await backend.update(of(collection), id, change, workOf(call));
        return { event: "updated", id };
      },
      get: async ({ collection, id, vector: withVector = false }: A<"get">) => ({ event: "row", ...(await backend.get(of(collection), id, withVector)) }),
      delete: async ({ collection, ...selection }: A<"delete">) => ({ event: "deleted", count: await backend.delete(of(collection), selectionFrom(selection)) }),
      count: async ({ collection, filter }: A<"count">) => ({ event: "count", count: await backend.count(of(collection), filter === undefined ? null : parseFilter(filter)) }),
      collections: async () => ({ event: "collections", collections: await backend.collections() }),
      create: async ({ collection, dimensions }: A<"create">, call: Call) => {
        const space = dimensions === undefined ? await this.#space(call) : { embedder: null, dimensions };
        await backend.create(collection, space);
        return { event: "created", collection };
      },
      drop: async ({ collection }: A<"drop">) => {
        await backend.drop(collection);
        return { event: "dropped", collection };
      },
      embed: (args: A<"embed">, call: Call) => this.#embed(args, call),
      index: async ({ collection, path, follow = false, include = [], exclude = [] }: A<"index">, call: Call) => {
        const request = { path: absolute(path), follow, include, exclude };
        await this.#embedderFor(call, true);
        return this.#whileIndexing(async () => ({ event: "indexed", ...(await backend.index(of(collection), request, workOf(call))) }));
      },
      unindex: async ({ collection, path }: A<"unindex">) => ({ event: "deleted", count: await backend.unindex(of(collection), absolute(path)) }),
      export: ({ collection, path }: A<"export">, call: Call) => this.#export(of(collection), path, call),
      import: async ({ collection, data, path }: A<"import">, call: Call) => {
        if ((data === undefined) === (path === undefined)) throw new ToolError("invalid-request", { path: "$", expected: "data or path, one of them", got: data === undefined ? "neither" : "both" });
        await this.#embedderFor(call, true);
        return { event: "imported", count: await importLines(backend, of(collection), data === undefined ? { path: absolute(path!) } : { data }, workOf(call)) };
      },
      backup: async ({ collection, path }: A<"backup">, call: Call) => ({ event: "saved", bytes: await backend.backup(of(collection), absolute(path), workOf(call)) }),
      restore: async ({ collection, path }: A<"restore">, call: Call) => ({ event: "restored", rows: await backend.restore(of(collection), absolute(path), workOf(call)) }),
    });
  }

  async #search(collection: string, query: Parameters<Backend["search"]>[1], call: Call): Promise<object> {
    await this.#embedderFor(call, query.mode !== "text" && query.vector === null);
    return { event: "hits", hits: await this.#backend.search(collection, query, workOf(call)) };
  }

  #addMany(collection: string, items: A<"add_many">["items"], call: Call): AsyncIterable<unknown> {
    const parts = new Parts<readonly string[]>();
    const add = async (): Promise<void> => {
      await this.#embedderFor(call, items.some((item) => item.vector === undefined));
      await this.#backend.add(collection, items, workOf(call), (ids) => parts.push(ids));
    };
    add().then(
      () => parts.end(undefined),
      (error: unknown) => parts.fail(error),
    );
    return addedOf(parts);
  }

  async *#export(collection: string, path: string | undefined, call: Call): AsyncGenerator<unknown, unknown> {
    if (path !== undefined) return { event: "exported", count: await exportFile(this.#backend, collection, absolute(path), workOf(call)) };
    let count = 0;
    for await (const { text, rows } of exportLines(this.#backend, collection, workOf(call))) {
      count += rows;
      yield { event: "exported", text };
    }
    return { event: "exported", count };
  }

  async #embed({ text, texts, kind = "passage" }: A<"embed">, call: Call): Promise<object> {
    if ((text === undefined) === (texts === undefined)) throw new ToolError("invalid-request", { path: "$", expected: "text or texts, one of them", got: text === undefined ? "neither" : "both" });
    const embedder = await this.#embedder.wait(call);
    const vectors = (await embedAt(this.#pace, embedder, texts ?? [text!], kind, call.signal)).map((each) => Array.from(each));
    return { event: "embedding", ...(texts === undefined ? { vector: vectors[0] } : { vectors }) };
  }

  async #space(call: Call): Promise<{ embedder: string; dimensions: number }> {
    const { id, dimensions } = await this.#embedder.wait(call);
    return { embedder: id, dimensions };
  }

  /** A request that needs vectors waits for what makes them, and is told how far that is. */
  async #embedderFor(call: Call, needed: boolean): Promise<void> {
    if (needed && !this.#embedder.ready) await this.#embedder.wait(call);
  }

  async #whileIndexing<T>(work: () => Promise<T>): Promise<T> {
    this.#settle(() => this.#indexing++);
    try {
      return await work();
    } finally {
      this.#settle(() => this.#indexing--);
    }
  }

  #settle(change: () => unknown): void {
    change();
    if (this.state === "stopping") return;
    if (this.#loading) this.setState("loading");
    else if (this.#unclaimed !== null || this.#failure !== null) this.setState("error", { reason: this.#unclaimed ?? this.#failure });
    else this.setState(this.#indexing > 0 ? "indexing" : "idle");
  }

  #prepareBackend(): void {
    if (this.#settings.preload === false) return;
    this.#backend.prepare((name, value, total) => this.progress(`loading ${name}`, value, total)).catch((thrown: unknown) => this.#claimed(ToolError.from(thrown)));
  }

  /** Where the collections are was reached, or not and why. */
  #claimed(failure: ToolError | null): void {
    if (failure?.code === "cancelled") return;
    if (failure !== null) this.log.error({ code: failure.code, details: failure.facts }, failure.message);
    this.#settle(() => (this.#unclaimed = failure?.message ?? null));
  }
}

function workOf(call: Call): Work {
  return { signal: call.signal, progress: (stage, value, total) => call.progress(stage, value, total) };
}

async function* addedOf(parts: Parts<readonly string[]>): AsyncGenerator<unknown, unknown> {
  let count = 0;
  for await (const ids of parts) {
    count += ids.length;
    yield { event: "added", ids };
  }
  return { event: "added", count };
}

function selectionFrom({ id, ids, filter }: { id?: string; ids?: string[]; filter?: object }): Selection {
  const given = [id, ids, filter].filter((each) => each !== undefined);
  if (given.length !== 1) throw new ToolError("invalid-request", { path: "$", expected: "one of id, ids and filter", got: given.length === 0 ? "none" : "several" });
  return filter === undefined ? { ids: ids ?? [id!] } : { filter: parseFilter(filter) };
}

/** The server runs elsewhere than whoever asks, so "here" would be another folder. */
function absolute(path: string): string {
  if (isAbsolute(path)) return path;
  throw new ToolError("invalid-request", { path: "$.path", expected: "an absolute path, as cpipe makes one of a relative one", got: JSON.stringify(path) });
}
