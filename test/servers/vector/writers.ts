import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ToolClient } from "../../../pipes/client/tool-client.ts";
import type { Item, Row } from "../../../pipes/protocol/interfaces/vector.ts";
import type { Random } from "../../storm/random.ts";
import { Account } from "./account.ts";
import { asked, PATIENCE_MS } from "./served.ts";

type Write = (client: ToolClient) => Promise<void>;

const DIMENSIONS = 8;
const LINES = 60;
const FILES = 6;

/**
 * Clients that change collections without a pause, each something else, and remember what they were told. `main` has made vectors, `own`
 * brought ones, `code` is indexed, `temp` comes and goes.
 */
export class Writers {
  readonly main = new Account(() => this.#told());
  readonly own = new Account(() => this.#told());
  /** Whether `temp` is there; null: it was asked for a change, and not told. */
  temp: boolean | null = false;
  readonly #random: Random;
  readonly #folder: string;
  #next = 0;
  #acknowledged = 0;
  #wake = (): void => undefined;
  #version = 0;

  constructor(random: Random, folder: string) {
    this.#random = random;
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** Each goes on until a request of its own fails, which is what a kill looks like; resolves with what they failed by. */
  async run(client: ToolClient): Promise<unknown[]> {
    const until = (write: Write) => async (): Promise<never> => {
      for (;;) await write(client);
    };
    const outcomes = await Promise.allSettled(this.#all.map((write) => until(write)()));
    return outcomes.map((outcome) => (outcome.status === "rejected" ? outcome.reason : null));
  }

  /** Each goes on until it is over, whatever fails; resolves with all that has. */
  async runOn(client: ToolClient, over: AbortSignal): Promise<unknown[]> {
    const failures: unknown[] = [];
    const go = async (write: Write): Promise<void> => {
      while (!over.aborted) await write(client).catch((error: unknown) => failures.push(error));
    };
    await Promise.all(this.#all.map(go));
    return failures;
  }

  /** Resolves when so many more rows have been acknowledged. */
  async more(rows: number): Promise<void> {
    for (const goal = this.#acknowledged + rows; this.#acknowledged < goal; ) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** All collections were dropped. */
  forget(): void {
    this.main.clear();
    this.own.clear();
    this.temp = false;
  }

  /** Asserts that every file's passages are all of one version of it, or that it has none. */
  checkPassages(rows: readonly Row[]): void {
    const versions = new Map<string, Map<string, Set<string>>>();
    for (const { text, metadata } of rows) {
      const path = String((metadata as { path?: unknown }).path);
      for (const [, version = "", line = ""] of text.matchAll(/version(\d+) line(\d+)/g)) {
        const lines = versions.get(path) ?? new Map<string, Set<string>>();
        versions.set(path, lines.set(version, (lines.get(version) ?? new Set()).add(line)));
      }
    }
    for (const [path, lines] of versions) assert.deepEqual([...lines].map(([, { size }]) => size), [LINES], `${path} has passages of ${[...lines.keys()].join(" and ")}`);
  }

  #told(): void {
    this.#acknowledged++;
    this.#wake();
  }

  get #all(): readonly Write[] {
    return [
      (client) => this.#adds(client),
      (client) => this.#addsMany(client),
      (client) => this.#changes(client),
      (client) => this.#indexes(client),
      (client) => this.#imports(client),
      (client) => this.#dropsAndCreates(client),
    ];
  }

  async #adds(client: ToolClient): Promise<void> {
    await this.#put(client, "add", this.main, this.#item(false), { collection: "main" });
  }

  async #addsMany(client: ToolClient): Promise<void> {
    const items = Array.from({ length: this.#random.between(2, 200) }, () => this.#item(true));
    for (const item of items) this.own.asked(item.id!, item);
    for await (const { ids, count } of client.stream("add_many", { items, collection: "own" }, { timeout: PATIENCE_MS })) {
      for (const id of (ids as string[] | undefined) ?? []) this.own.told(id);
      if (count !== undefined) assert.equal(count, items.length);
    }
  }

  async #changes(client: ToolClient): Promise<void> {
    const { call } = asked(client);
    const item = this.#item(false);
    await this.#put(client, "add", this.main, item, { collection: "main" });
    const other = { ...item, text: `${item.text} changed`, metadata: { changed: true } };
    await this.#put(client, "update", this.main, other, { collection: "main" });
    if (this.#random.chance(0.5)) return;
    this.main.asked(item.id!, null);
    await call("delete", { ids: [item.id], collection: "main" });
    this.main.told(item.id!);
  }

  async #indexes(client: ToolClient): Promise<void> {
    const version = this.#version++;
    const text = Array.from({ length: LINES }, (_, line) => `version${version} line${line} ${"of a file that changes ".repeat(3)}\n${line % 5 === 4 ? "\n" : ""}`).join("");
    writeFileSync(join(this.#folder, `file${version % FILES}.txt`), text);
    await asked(client).call("index", { path: this.#folder, collection: "code" });
  }

  async #imports(client: ToolClient): Promise<void> {
    const items = Array.from({ length: this.#random.between(1, 50) }, () => this.#item(true));
    for (const { id } of items) this.own.asked(id!, items.find((item) => item.id === id)!);
    await asked(client).call("import", { data: items.map((item) => JSON.stringify(item)).join("\n"), collection: "own" });
    for (const { id } of items) this.own.told(id!);
  }

  async #dropsAndCreates(client: ToolClient): Promise<void> {
    const { call } = asked(client);
    if (this.temp === true) {
      this.temp = null;
      await call("drop", { collection: "temp" });
      this.temp = false;
    } else {
      this.temp = null;
      await call("create", { collection: "temp", dimensions: 3 });
      await call("add", { collection: "temp", id: "one", text: "one", vector: [1, 2, 3] });
      this.temp = true;
    }
  }

  async #put(client: ToolClient, cmd: string, account: Account, item: Item, where: object): Promise<void> {
    account.asked(item.id!, item);
    await asked(client).call(cmd, { ...item, ...where });
    account.told(item.id!);
  }

  /** Each has a word of its own, by which it is found, and where vectors are brought one of its own. */
  #item(withVector: boolean): Item & { metadata: object } {
    const number = this.#next++;
    const vector = withVector ? { vector: Array.from({ length: DIMENSIONS }, () => this.#random.next() - 0.5) } : {};
    return { id: `id${number}`, text: `word${number} and some more, as rows have`, metadata: { number, tags: ["a", "ü"], nested: { odd: number % 2 === 1 } }, ...vector };
  }
}
