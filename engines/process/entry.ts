import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * How to start an engine's program, as arguments of Node. `program` is its path from the root without an ending, as
 * `servers/chat/engine/main`. From the sources it needs tsx, from dist/ it does not.
 */
export function engineArguments(program: string, here: string = import.meta.url): string[] {
  if (here.endsWith(".ts")) return ["--import", import.meta.resolve("tsx"), fileURLToPath(new URL(`../../${program}.ts`, here))];
  return [builtEntry(`${program}.js`, fileURLToPath(here))];
}

/** In dist/ this code may be in any bundle or shared chunk, so the entry is looked for from there upwards. */
function builtEntry(built: string, from: string): string {
  for (let folder = dirname(from); ; folder = dirname(folder)) {
    const entry = join(folder, built);
    if (existsSync(entry)) return entry;
    if (folder === dirname(folder)) throw new Error(`${built} is not beside or above ${pathToFileURL(from).href}; run npm run build`);
  }
}
