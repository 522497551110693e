import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const BUILT = "servers/chat/engine/main.js";

/** How to start the engine's program, as arguments of Node. From the sources it needs tsx, from dist/ it does not. */
export function engineArguments(here: string = import.meta.url): string[] {
  if (here.endsWith(".ts")) return ["--import", import.meta.resolve("tsx"), fileURLToPath(new URL("./main.ts", here))];
  return [builtEntry(fileURLToPath(here))];
}

/** In dist/ this code may be in any bundle or shared chunk, so the entry is looked for from there upwards. */
function builtEntry(from: string): string {
  for (let folder = dirname(from); ; folder = dirname(folder)) {
    const entry = join(folder, BUILT);
    if (existsSync(entry)) return entry;
    if (folder === dirname(folder)) throw new Error(`${BUILT} is not beside or above ${pathToFileURL(from).href}; run npm run build`);
  }
}
