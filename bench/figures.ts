import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withSection } from "../scripts/docs/markdown.ts";

/** Puts what was measured into docs/vector-figures.md, in the place of what was there. */
export function writeFigures(section: "speed" | "quality", markdown: string): void {
  const path = join(process.cwd(), "docs/vector-figures.md");
  writeFileSync(path, withSection(readFileSync(path, "utf8"), section, markdown));
}
