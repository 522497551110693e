import { resolve } from "node:path";
import { ToolError } from "../../pipes/protocol/errors.ts";
import type { Environment } from "../../pipes/protocol/places.ts";
import { readConfigFile } from "./file.ts";
import { type Config, parseConfig } from "./parse.ts";
import type { Problem } from "./problem.ts";

export type Loaded =
  | { readonly ok: true; readonly config: Config }
  /** `missing`: there is no such file; it also is the one problem. */
  | { readonly ok: false; readonly missing: boolean; readonly problems: readonly Problem[] };

export interface LoadOptions {
  readonly env?: Environment;
  /** The file is part of our own package; see `readConfigFile`. */
  readonly trusted?: boolean;
  /** What relative paths in it are relative to; its own folder by default. */
  readonly folder?: string;
}

/** Reads and checks a tools.yaml. Whatever is wrong with the file or in it is in `problems`, never thrown. */
export async function loadConfig(path: string, { env = process.env, trusted = false, folder }: LoadOptions = {}): Promise<Loaded> {
  const file = resolve(path);
  try {
    const text = await readConfigFile(file, trusted);
    if (text === null) return { ok: false, missing: true, problems: [aboutFile(file, "there is no such file", "cpipe --init makes one")] };
    const parsed = parseConfig(file, text, env, folder);
    return parsed.ok ? parsed : { ok: false, missing: false, problems: parsed.problems };
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    const { reason, hint } = error.facts;
    return { ok: false, missing: false, problems: [aboutFile(file, typeof reason === "string" ? reason : error.message, typeof hint === "string" ? hint : null)] };
  }
}

/** What is wrong with the file as a whole stands at its beginning. */
function aboutFile(file: string, message: string, hint: string | null): Problem {
  return { file, line: 1, col: 1, message, expected: null, got: null, hint, excerpt: null };
}
