// Writes the generated files that are committed. `npm run generate`; a test compares them with what this would write.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { editorSchema } from "../daemon/config/editor.ts";

export interface Generated {
  /** Relative to the root of the package. */
  readonly file: string;
  readonly text: () => string | Promise<string>;
}

export const generated: readonly Generated[] = [
  { file: "config/tools.schema.json", text: () => `${JSON.stringify(editorSchema(), null, 2)}\n` },
];

const root = fileURLToPath(new URL("..", import.meta.url));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { file, text } of generated) {
    const next = await text();
    if (next === current(file)) continue;
    writeFileSync(join(root, file), next);
    console.log(`wrote ${file}`);
  }
}

function current(file: string): string | null {
  try {
    return readFileSync(join(root, file), "utf8");
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return null;
    throw error;
  }
}
