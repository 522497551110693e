import { cancelled } from "../pipes/protocol/cancelled.ts";
import { ToolError } from "../pipes/protocol/errors.ts";
import { Queue, type Waiting } from "./process/queue.ts";

export interface LaneOptions {
  /** The tool's name, for messages. */
  readonly tool: string;
  /** How many are under way side by side. */
  readonly parallel: number;
  /** How many more may wait. */
  readonly maxQueue: number;
}

export interface Passage {
  readonly signal: AbortSignal;
  /** It has to wait; 1 is the next. Called again whenever the place changes, not at all when nothing waits. */
  readonly onQueued?: ((position: number) => void) | undefined;
  /** It goes on with what was let in before, so it is let in however many wait. */
  readonly admitted?: boolean;
}

/** So much work side by side and no more, of an engine that has no process of its own to hold it to that. The rest waits in order. */
export class Lanes {
  readonly #options: LaneOptions;
  readonly #queue = new Queue<Waiting & { readonly go: () => void }>();
  #maxQueue: number;
  #active = 0;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#maxQueue = options.maxQueue;
  }

  get counts(): { readonly active: number; readonly waiting: number } {
    return { active: this.#active, waiting: this.#queue.length };
  }

  /** For what comes from now on. */
  set maxQueue(maxQueue: number) {
    this.#maxQueue = maxQueue;
  }

  /** @throws ToolError `busy`, `cancelled` (or the signal's own) while it waits; what `work` throws */
  async run<T>(work: () => Promise<T>, passage: Passage): Promise<T> {
    if (passage.signal.aborted) throw cancelled(passage.signal);
    if (this.#active >= this.#options.parallel) await this.#turn(passage);
    else this.#active += 1;
    try {
      return await work();
    } finally {
      this.#active -= 1;
      this.#queue.shift()?.go();
    }
  }

  /** Resolves with the lane taken. */
  async #turn({ signal, onQueued, admitted = false }: Passage): Promise<void> {
    if (!admitted && this.#queue.length >= this.#maxQueue) throw new ToolError("busy", { tool: this.#options.tool, queued: this.#queue.length });
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        if (this.#queue.remove(entry)) reject(cancelled(signal));
      };
      const go = (): void => {
        signal.removeEventListener("abort", leave);
        this.#active += 1;
        resolve();
      };
      const entry = { go, onQueued };
      signal.addEventListener("abort", leave, { once: true });
      this.#queue.push(entry);
    });
  }
}
