import { resolve } from "node:path";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { Burst } from "./burst.ts";
import { failureOf, type Failure, hasEvent } from "./failure.ts";
import { type ChangeSet, Followed } from "./followed.ts";
import type { Selection } from "./rules/rules.ts";
import type { WatchFolder } from "./watches.ts";

export type { ChangeSet } from "./followed.ts";

export interface FollowOptions extends Selection {
  /** The first is `all`. While a promise it returns is pending, what changes is gathered; when it fails, `all` comes after `retryMs`. */
  readonly onChanges: (changes: ChangeSet) => void | Promise<void>;
  /** Changes may be missed from now on, or all of the root is. Said once, until it is over or another. */
  readonly onProblem: (problem: ToolError) => void;
  /** Quiet time after which a burst of changes counts as over, in ms. */
  readonly quietMs?: number;
  /** A burst that does not end is told all the same, after this many ms. */
  readonly mostMs?: number;
  /** Pause before another try where no event tells when one is worth while, in ms. */
  readonly retryMs?: number;
  readonly watchFolder?: WatchFolder;
}

export interface Follow {
  /** Resolves when nothing is watched any more and nothing more will be called. Does not wait for a call under way. */
  readonly close: () => Promise<void>;
}

/**
 * Follows a root, a folder or a file, which need not be there yet. Resolves when it is watched, or cannot be for now. What
 * the rules leave out of a walk is left out here, by the same rules; when those change, so may anything.
 */
export async function follow(root: string, options: FollowOptions): Promise<Follow> {
  const follower = new Follower(resolve(root), options);
  await follower.start();
  return { close: () => follower.close() };
}

const QUIET_MS = 200;
const MOST_MS = 2000;
const RETRY_MS = 30_000;

class Follower {
  readonly #root: string;
  readonly #options: FollowOptions;
  readonly #retryMs: number;
  readonly #followed: Followed;
  readonly #burst: Burst;
  #failures: Failure[] = [];
  #reported: string | null = null;
  #retry: NodeJS.Timeout | null = null;
  #isBusy = false;
  #isClosed = false;

  constructor(root: string, options: FollowOptions) {
    const { quietMs = QUIET_MS, mostMs = MOST_MS, retryMs = RETRY_MS } = options;
    this.#root = root;
    this.#options = options;
    this.#retryMs = retryMs;
    this.#burst = new Burst({ quietMs, mostMs, onSettled: () => void this.#settle() });
    this.#followed = new Followed({ ...options, root, onTouched: () => this.#touch(), onFailed: (failure) => this.#fail(failure) });
  }

  async start(): Promise<void> {
    this.#isBusy = true;
    const changes = await this.#look();
    // Whoever is told first shall have what `follow` resolves with.
    setImmediate(() => void this.#tell(changes).then(() => this.#rest()));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#burst.stop();
    if (this.#retry !== null) clearTimeout(this.#retry);
    await this.#followed.close();
  }

  #touch(): void {
    if (!this.#isClosed) this.#burst.poke();
  }

  async #settle(): Promise<void> {
    if (this.#isBusy || this.#isClosed) return; // what was touched meanwhile is looked at when this is over
    this.#isBusy = true;
    await this.#tell(await this.#look());
    this.#rest();
  }

  #rest(): void {
    this.#isBusy = false;
    if (this.#followed.isTouched) this.#touch();
  }

  /** Sees to it that everything is watched, then says what may have changed; null: nothing, or there is no root. */
  async #look(): Promise<ChangeSet | null> {
    try {
      const changes = await this.#followed.look();
      if (changes === "all" && this.#failures.length === 0) this.#reported = null;
      this.#tellFailures();
      return changes;
    } catch (error) {
      const problem = ToolError.from(error, "file-failed", { path: this.#root });
      this.#report(problem);
      if (!this.#followed.isAway) this.#tryAgain();
      return null;
    }
  }

  async #tell(changes: ChangeSet | null): Promise<void> {
    if (changes === null || this.#isClosed) return;
    try {
      await this.#options.onChanges(changes);
    } catch (error) {
      this.#report(ToolError.from(error, "file-failed", { path: this.#root }));
      this.#tryAgain();
    }
  }

  #fail(failure: Failure): void {
    this.#failures.push(failure);
    if (!hasEvent(failure)) this.#tryAgain();
    if (!this.#isBusy) this.#tellFailures();
  }

  #tellFailures(): void {
    const [first, ...more] = this.#failures.splice(0);
    if (first !== undefined) this.#report(failureOf(this.#root, [first, ...more], this.#retryMs));
  }

  #report(problem: ToolError): void {
    if (this.#isClosed || problem.message === this.#reported) return;
    this.#reported = problem.message;
    this.#options.onProblem(problem);
  }

  #tryAgain(): void {
    if (this.#isClosed) return;
    this.#retry ??= setTimeout(() => {
      this.#retry = null;
      this.#followed.forget();
      this.#touch();
    }, this.#retryMs);
  }
}
