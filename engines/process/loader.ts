import { ToolError } from "../../pipes/protocol/errors.ts";
import { type Death, EngineChild } from "./child.ts";
import { deathWhileLoading, sameDeath } from "./deaths.ts";
import type { Command, Report, Work } from "./messages.ts";

export interface LoaderOptions<W extends Work> {
  /** The tool's name, for messages. */
  readonly tool: string;
  /** The native library's name, for messages. */
  readonly library: string;
  /** Arguments of Node that start the engine's program. */
  readonly command: readonly string[];
  readonly load: W["load"];
}
export interface LoaderEvents<W extends Work> {
  readonly onReport: (report: Report<W>) => void;
  /** The process died with a model in it. */
  readonly onLost: (death: Death) => void;
  readonly onWords: (line: string) => void;
}

/** Keeps at most one engine process, and gets a model into it. */
export class Loader<W extends Work> {
  readonly #options: LoaderOptions<W>;
  readonly #events: LoaderEvents<W>;
  #child: EngineChild<W> | null = null;
  #attempt: Attempt<W> | null = null;

  constructor(options: LoaderOptions<W>, events: LoaderEvents<W>) {
    this.#options = options;
    this.#events = events;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  send(command: Command<W>): void {
    this.#child?.send(command);
  }

  /** Starts a process, so that it has the library in memory by the time there is a model to load. */
  prepare(): void {
    this.#child ??= this.#spawn();
  }

  /** A death may be an accident, so it is tried again; the same death twice is not one. @throws ToolError, see `ProcessEngine.load` */
  async load(): Promise<W["model"]> {
    for (let attempts = 1, earlier: Death | null = null; ; attempts++) {
      const outcome = await this.#try();
      if (outcome.type === "loaded") return outcome.model;
      if (outcome.type === "failed") {
        // What a failed load leaves behind in native memory nobody knows.
        await this.#discard();
        throw outcome.error;
      }
      const { death } = outcome;
      if (attempts === MAX_ATTEMPTS || (earlier !== null && sameDeath(death, earlier))) throw deathWhileLoading(death, this.#options.tool, this.#options.load.path, this.#options.library);
      earlier = death;
    }
  }

  /** Ends the process; a load under way fails with `error`. */
  async stop(error: ToolError): Promise<void> {
    this.#settle({ type: "failed", error });
    await this.#discard();
  }

  #try(): Promise<Outcome<W>> {
    this.prepare();
    return new Promise((settle) => {
      this.#attempt = { settle };
      this.send({ type: "load", request: this.#options.load });
    });
  }

  #settle(outcome: Outcome<W>): boolean {
    const attempt = this.#attempt;
    this.#attempt = null;
    attempt?.settle(outcome);
    return attempt !== null;
  }

  async #discard(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    await child?.kill();
  }

  #spawn(): EngineChild<W> {
    const child: EngineChild<W> = new EngineChild<W>(
      {
        onWords: this.#events.onWords,
        onReport: (report) => {
          if (this.#child !== child) return;
          if (report.type === "loaded") this.#settle(report);
          else if (report.type === "load-failed") this.#settle({ type: "failed", error: new ToolError(report.error.code, { ...report.error.facts, tool: this.#options.tool }) });
          else this.#events.onReport(report);
        },
        onDeath: (death) => {
          if (this.#child !== child) return;
          this.#child = null;
          if (!this.#settle({ type: "died", death })) this.#events.onLost(death);
        },
      },
      this.#options.command,
    );
    return child;
  }
}

const MAX_ATTEMPTS = 3;

type Outcome<W extends Work> =
  | { readonly type: "loaded"; readonly model: W["model"] }
  | { readonly type: "failed"; readonly error: ToolError }
  | { readonly type: "died"; readonly death: Death };

interface Attempt<W extends Work> {
  readonly settle: (outcome: Outcome<W>) => void;
}
