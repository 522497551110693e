import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { killAll } from "./processes.ts";
import { measure } from "./vector/collection.ts";
import { collectionsTable, machine, singlesTable, type VectorReport, vectorsTable, wordsTable } from "./vector/report.ts";
import { measureRivals } from "./vector/rivals.ts";
import { Rows } from "./vector/rows.ts";
import { singleRows, syncTime } from "./vector/singles.ts";
import { measureWords } from "./vector/texts.ts";
import { Words } from "./vector/words.ts";
import { writeFigures } from "./figures.ts";
import { markdownTables, printTables, type Table } from "./tables.ts";

// The vector server: `--rows 10000,100000` how large the collections are, `--rivals` others beside it, `--json` figures for programs,
// `--docs` writes docs/vector-figures.md. Started by scripts/bench.mjs in the root of the checkout.
const at = process.argv.indexOf("--rows");
const sizes = (at === -1 ? "10000,100000" : (process.argv[at + 1] ?? "")).split(",").map(Number);
if (sizes.length === 0 || !sizes.every((size) => Number.isInteger(size) && size >= 1000)) throw new Error("--rows expects numbers from 1000 up, with commas in between");
const rivals = process.argv.includes("--rivals");
const json = process.argv.includes("--json");
const tables: Table[] = [];
/** As soon as it is known: the whole takes minutes. */
const show = (table: Table): void => {
  tables.push(table);
  if (!json) printTables([table]);
};
const say = (text: string): void => void process.stderr.write(`vector: ${text}\n`);

const folder = mkdtempSync(join(tmpdir(), "pipe-tools-bench-"));
try {
  const words = new Words(process.cwd());
  const report = { node: process.version, load: loadavg()[0] ?? Number.NaN, sync: syncTime(folder) };
  if (!json) console.log(machine(report));
  const singles = await singleRows(folder, new Rows(1000, words));
  show(singlesTable(singles));
  const collections = await inTurn(sizes, (rows) => measure(folder, rows, words, say));
  show(collectionsTable(collections));
  const texts = await measureWords(folder, Math.max(...sizes), words, rivals, say);
  show(wordsTable(texts));
  const vectors = await inTurn(sizes, async (rows) => {
    const measured = await measureRivals(folder, rows, rivals, say);
    show(vectorsTable(measured));
    return measured;
  });
  if (json) console.log(JSON.stringify({ ...report, collections, singles, vectors, words: texts } satisfies VectorReport, null, 2));
  if (process.argv.includes("--docs")) writeFigures("speed", `${machine(report)}\n\n${markdownTables(tables)}`);
} finally {
  killAll();
  rmSync(folder, { recursive: true });
}

async function inTurn<T>(sizes: readonly number[], work: (size: number) => Promise<T>): Promise<T[]> {
  const done: T[] = [];
  for (const size of sizes) done.push(await work(size));
  return done;
}
