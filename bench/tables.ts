import { table } from "../scripts/docs/markdown.ts";

/** What one part of a report shows: a line of text, then rows below a head. */
export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: ReadonlyArray<readonly string[]>;
}

/** For a terminal: the first column to the left, all others to the right. */
export function printTables(tables: readonly Table[]): void {
  for (const { title, head, rows } of tables) {
    const lines = [head, ...rows];
    const widths = head.map((_, n) => Math.max(...lines.map((line) => line[n]?.length ?? 0)));
    console.log(`\n${title}\n`);
    for (const line of lines) console.log(line.map((cell, n) => (n === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[n] ?? 0))).join("  ").trimEnd());
  }
}

export function markdownTables(tables: readonly Table[]): string {
  return tables.map(({ title, head, rows }) => [title, "", ...table(head, rows)].join("\n")).join("\n\n");
}
