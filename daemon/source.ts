import { dirname } from "node:path";
import { ToolError } from "../pipes/protocol/errors.ts";
import type { Environment } from "../pipes/protocol/places.ts";
import { readConfigFile } from "./config/file.ts";
import { loadConfig } from "./config/load.ts";
import { type Located, locateConfig } from "./config/locate.ts";
import { type Config, parseConfig } from "./config/parse.ts";
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
    this.#located = this.#locate();
    const { path, origin } = this.#located;
    const loaded = await loadConfig(path, { env: this.#env, trusted: origin === "packaged" });
    this.#problems = loaded.ok ? [] : loaded.problems;
    return loaded.ok ? { ...loaded.config, origin } : null;
  }

  /** Another file as if it were at the place of this one. Changes nothing here. @throws ToolError `invalid-config` */
  async preview(path: string): Promise<Config> {
    const loaded = await loadConfig(path, { env: this.#env, folder: dirname(this.path) });
    if (loaded.ok) return loaded.config;
    const problems = loaded.problems.map(summarise);
    throw new ToolError("invalid-config", { path, reason: problems.join("\n"), problems });
  }

  /**
   * What a daemon runs with whose config has never been right: no tools until it is. The folder of the pipes stays the same for
   * the daemon's life, so it is taken from the file if that one line is in order.
   */
  async empty(): Promise<Settled> {
    const { path, origin } = this.#located;
    const lines = (await this.#text()).split("\n").filter((line) => line.startsWith("pipes:"));
    for (const line of [...lines, ""]) {
      const parsed = parseConfig(path, `${line}\ntools: {}\n`, this.#env);
      if (parsed.ok) return { ...parsed.config, origin };
    }
    throw new Error("a config of no tools is not valid");
  }

  /** A file of the user's own that is gone is missed, and no word to run the packaged tools in place of theirs. */
  #locate(): Located {
    const located = locateConfig(this.#env);
    return located.origin === "packaged" ? this.#located : located;
  }

  async #text(): Promise<string> {
    try {
      return (await readConfigFile(this.path, this.origin === "packaged")) ?? "";
    } catch {
      return ""; // `read` has told what is wrong with it
    }
  }
}
