import { ToolError } from "../../../pipes/protocol/errors.ts";
import { type Death, EngineChild } from "./child.ts";
import { deathWhileLoading, sameDeath } from "./deaths.ts";
import type { Command, LoadedModel, LoadRequest, Report } from "./messages.ts";

export interface LoaderOptions extends LoadRequest {
  readonly tool: string;
  readonly command?: readonly string[];
}
export interface LoaderEvents {
  readonly onReport: (report: Report) => void;
  /** The process died with a model in it. */
  readonly onLost: (death: Death) => void;
  readonly onWords: (line: string) => void;
}

/** Keeps at most one engine process, and gets a model into it. */
export class Loader {
  readonly #options: LoaderOptions;
  readonly #events: LoaderEvents;
  #child: EngineChild | null = null;
  #attempt: Attempt | null = null;

  constructor(options: LoaderOptions, events: LoaderEvents) {
    this.#options = options;
    this.#events = events;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  send(command: Command): void {
    this.#child?.send(command);
  }

  /** Starts a process, so that it has the library in memory by the time there is a model to load. */
  prepare(): void {
    this.#child ??= this.#spawn();
  }

  /** A death may be an accident, so it is tried again; the same death twice is not one. @throws ToolError, see `Engine.load` */
  async load(): Promise<LoadedModel> {
    for (let attempts = 1, earlier: Death | null = null; ; attempts++) {
      const outcome = await this.#try();
      if (outcome.type === "loaded") return outcome.model;
      if (outcome.type === "failed") {
        // What a failed load leaves behind in native memory nobody knows.
        await this.#discard();
        throw outcome.error;
      }
      const { death } = outcome;
      if (attempts === MAX_ATTEMPTS || (earlier !== null && sameDeath(death, earlier))) throw deathWhileLoading(death, this.#options.tool, this.#options.path);
      earlier = death;
    }
  }

  /** Ends the process; a load under way fails with `error`. */
  async stop(error: ToolError): Promise<void> {
    this.#settle({ type: "failed", error });
    await this.#discard();
  }

  #try(): Promise<Outcome> {
    this.prepare();
    return new Promise((settle) => {
      this.#attempt = { settle };
      const { path, contextSize, parallel, threads, gpu, gpuLayers, threadsCache } = this.#options;
      this.send({ type: "load", request: { path, contextSize, parallel, threads, gpu, gpuLayers, threadsCache } });
    });
  }

  #settle(outcome: Outcome): boolean {
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

  #spawn(): EngineChild {
    const child: EngineChild = new EngineChild(
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

type Outcome =
  | { readonly type: "loaded"; readonly model: LoadedModel }
  | { readonly type: "failed"; readonly error: ToolError }
  | { readonly type: "died"; readonly death: Death };

interface Attempt {
  readonly settle: (outcome: Outcome) => void;
}
