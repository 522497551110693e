import { withResolvers } from "../../../pipes/rpc/resolvers.ts";

/** Rows of one transaction: few enough that a search that comes meanwhile waits for some milliseconds only. */
export const BATCH = 64;

interface Job<Item> {
  /** null for a change that goes alone. */
  readonly items: readonly Item[] | null;
  /** For a change that goes alone. */
  readonly run: (() => unknown) | null;
  readonly done: ReturnType<typeof withResolvers<unknown>>;
}

/**
 * The changes of one collection, in the order in which they came. Items that wait at the same time are written by one transaction, since
 * most of what a transaction costs is the wait for the disk; each promise resolves when that has answered.
 */
export class Writer<Item> {
  readonly #write: (items: readonly Item[]) => Promise<void>;
  readonly #jobs: Job<Item>[] = [];
  #running: Promise<void> | null = null;

  constructor(write: (items: readonly Item[]) => Promise<void>) {
    this.#write = write;
  }

  /** At most BATCH items. */
  async add(items: readonly Item[]): Promise<void> {
    await this.#push({ items, run: null, done: withResolvers<unknown>() });
  }

  /** Runs `change` once what was asked for before is done, and before what is asked for later. */
  async alone<T>(change: () => T | Promise<T>): Promise<T> {
    return (await this.#push({ items: null, run: change, done: withResolvers<unknown>() })) as T;
  }

  /** Resolves when nothing is left to do. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  #push(job: Job<Item>): Promise<unknown> {
    this.#jobs.push(job);
    this.#running ??= this.#run();
    return job.done.promise;
  }

  async #run(): Promise<void> {
    // What comes in the same turn, or while the disk was waited for, goes together.
    for (await turn(); this.#jobs.length > 0; await turn()) {
      const batch = this.#next();
      if (batch.length === 1) await perform(batch[0]!, this.#write);
      else await this.#together(batch);
    }
    this.#running = null; // in the turn in which nothing was left: a job that comes later starts it again
  }

  #next(): Job<Item>[] {
    const batch = [this.#jobs.shift()!];
    let items = batch[0]!.items?.length ?? BATCH;
    while (batch[0]!.items !== null && this.#jobs[0]?.items != null && items + this.#jobs[0].items.length <= BATCH) {
      const job = this.#jobs.shift()!;
      batch.push(job);
      items += job.items!.length;
    }
    return batch;
  }

  async #together(batch: readonly Job<Item>[]): Promise<void> {
    try {
      await this.#write(batch.flatMap(({ items }) => items ?? []));
      for (const { done } of batch) done.resolve(undefined);
    } catch {
      // One of them may be to blame: each is tried alone, and answered with its own error.
      for (const job of batch) await perform(job, this.#write);
    }
  }
}

async function perform<Item>({ items, run, done }: Job<Item>, write: (items: readonly Item[]) => Promise<void>): Promise<void> {
  try {
    done.resolve(items === null ? await run!() : await write(items));
  } catch (error) {
    done.reject(error);
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
