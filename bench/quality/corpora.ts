import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Document } from "./questions.ts";

/** Texts of one kind, with headings. */
export interface Corpus {
  readonly name: string;
  readonly documents: readonly Document[];
}

const PLACES: ReadonlyArray<{ readonly name: string; readonly folders: readonly string[] }> = [
  { name: "this project's docs", folders: ["docs", "README.md", "CHANGELOG.md"] },
  { name: "READMEs and docs of the installed packages", folders: ["node_modules"] },
  { name: "Node's documentation, as Debian has it", folders: ["/usr/share/doc/nodejs/api", "/usr/share/doc/nodejs/contributing"] },
];

/** What is on this machine, the same files in the same order each time. */
export function corporaOf(root: string): Corpus[] {
  return PLACES.map(({ name, folders }) => ({ name, documents: folders.flatMap((folder) => markdownIn(root, folder)) })).filter(({ documents }) => documents.length > 0);
}

function markdownIn(root: string, place: string): Document[] {
  const path = place.startsWith("/") ? place : join(root, place);
  if (!existsSync(path)) return [];
  const files = place.endsWith(".md") ? [path] : readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && MARKDOWN.test(entry.name)).map((entry) => join(entry.parentPath, entry.name));
  return files.filter((file) => !LEFT_OUT.test(file)).sort().map((file) => ({ path: relative(root, file), text: readFileSync(file, "utf8") }));
}

const MARKDOWN = /\.(?:md|markdown)$/i;
/** The headings of a changelog are versions; `figures` and the rivals change with what is measured. */
const LEFT_OUT = /(?:node_modules\/.*\/(?:changelog|history|license)[^/]*|\/\.bench-rivals\/.*|(?:vector|speech)-figures\.md)$/i;
