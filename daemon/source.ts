import { DEFAULT_PIPES } from "../pipes/protocol/names.ts";
import type { Environment } from "../pipes/protocol/places.ts";
import { loadConfig } from "./config/load.ts";
import { type Located, locateConfig } from "./config/locate.ts";
import type { Config } from "./config/parse.ts";
import type { Tools } from "./config/plan.ts";
import { type Problem, render, summarise } from "./config/problem.ts";

/** A config that can be applied. */
export type Settled = Config & { readonly origin: Located["origin"] };

/** Where the config comes from, and what is wrong with the file that is there now. */
export class ConfigSource {
  readonly #env: Environment;
  #located: Located;
  #problems: readonly Problem[] = [];

  constructor(env: Environment = process.env) {
    this.#env = env;
    this.#located = locateConfig(env);
  }

  get path(): string {
    return this.#located.path;
  }

  get origin(): Located["origin"] {
    return this.#located.origin;
  }

  /** Files that are to be watched. */
  get candidates(): readonly string[] {
    return this.#located.candidates;
  }

  /** `file:line:col: message`, one a mistake; empty while the file on disk is the one in force. */
  get problems(): string[] {
    return this.#problems.map(summarise);
  }

  /** The same with the source lines, for a terminal. */
  get rendered(): string {
    return this.#problems.map(render).join("\n\n");
  }

  /** Reads it; null when it cannot be applied, and `problems` says why. */
  async read(): Promise<Settled | null> {
    this.#located = locateConfig(this.#env);
    const { path, origin } = this.#located;
    const loaded = await loadConfig(path, { env: this.#env, trusted: origin === "packaged" });
    this.#problems = loaded.ok ? [] : loaded.problems;
    return loaded.ok ? { ...loaded.config, origin } : null;
  }

  /** What a daemon runs with whose config has never been right: nothing, until it is. */
  empty(): Settled {
    const tools: Tools = new Map();
    return { path: this.path, origin: this.origin, pipes: this.#env["PIPE_TOOLS_PIPES"] ?? DEFAULT_PIPES, logs: { level: "info", maxSize: 10 * 1024 * 1024, keep: 5 }, tools };
  }
}
