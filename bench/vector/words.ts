import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { seeded } from "./random.ts";

const FOLDERS = ["docs", "node_modules"];

/**
 * Texts of real words as often as they are in real documentation: each word is drawn from all words of the Markdown files in docs/ and
 * of the installed packages. So a text makes no sense, but its words are as rare and as common as in one that does, which is
 * what a search by words takes its time for.
 */
export class Words {
  readonly #words: readonly string[];

  constructor(root: string) {
    const files = FOLDERS.flatMap((folder) => markdownIn(join(root, folder)));
    this.#words = files.flatMap((file) => readFileSync(file, "utf8").match(/\p{L}[\p{L}\p{N}_-]{1,30}/gu) ?? []);
  }

  /** The same for the same number. */
  text(number: number, words: number): string {
    const random = seeded(number * 2);
    return Array.from({ length: words }, () => this.#words[random.below(this.#words.length)]).join(" ");
  }

  /** So many different words of a text, as somebody would look for: of three letters at least. */
  query(number: number, words: number): string {
    const drawn = this.text(3_000_000_000 + number, 20 * words).split(" ").filter((word) => word.length > 2);
    return [...new Set(drawn)].slice(0, words).join(" ");
  }
}

function markdownIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".md") && !entry.parentPath.includes("/.bench-rivals"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
