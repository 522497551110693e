// Writes the generated files that are committed. `npm run generate`; a test compares them with what this would write.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { editorSchema } from "../daemon/config/editor.ts";
import { configKeys } from "./docs/config.ts";
import { errorPage } from "./docs/errors.ts";
import { declaredInterfaces, interfacePage } from "./docs/interfaces.ts";
import { knownModule } from "./docs/known.ts";
import { manualPage } from "./docs/man.ts";
import { withSection } from "./docs/markdown.ts";
import { kernelModule } from "./kernel.ts";

export interface Generated {
  /** Relative to the root of the package. */
  readonly file: string;
  readonly text: () => string | Promise<string>;
}

const root = fileURLToPath(new URL("..", import.meta.url));
const interfaces = await declaredInterfaces();

export const generated: readonly Generated[] = [
  { file: "config/tools.schema.json", text: () => `${JSON.stringify(editorSchema(), null, 2)}\n` },
  { file: "docs/errors.md", text: errorPage },
  { file: "docs/config.md", text: () => withSection(current("docs/config.md") ?? "", "keys", configKeys()) },
  { file: "man/cpipe.1", text: manualPage },
  { file: "cpipe/complete/known.ts", text: knownModule },
  { file: "servers/vector/store/kernel.ts", text: kernelModule },
  ...interfaces.map((declared) => ({ file: `docs/interfaces/${declared.name}.md`, text: () => interfacePage(declared) })),
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { file, text } of generated) {
    const next = await text();
    if (next === current(file)) continue;
    mkdirSync(dirname(join(root, file)), { recursive: true });
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
