import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { killAll } from "./processes.ts";
import { measure } from "./vector/collection.ts";
import { markdownOf, printVector, type VectorReport } from "./vector/report.ts";
import { measureRivals } from "./vector/rivals.ts";
import { Rows } from "./vector/rows.ts";
import { singleRows, syncTime } from "./vector/singles.ts";
import { measureWords } from "./vector/texts.ts";
import { Words } from "./vector/words.ts";
import { writeFigures } from "./figures.ts";

// The vector server: `--rows 10000,100000` how large the collections are, `--rivals` others beside it, `--json` figures for programs,
// `--docs` writes docs/vector-figures.md. Started by scripts/bench.mjs in the root of the checkout.
const at = process.argv.indexOf("--rows");
const sizes = (at === -1 ? "10000,100000" : (process.argv[at + 1] ?? "")).split(",").map(Number);
if (sizes.length === 0 || !sizes.every((size) => Number.isInteger(size) && size >= 1000)) throw new Error("--rows expects numbers from 1000 up, with commas in between");
const rivals = process.argv.includes("--rivals");
const say = (text: string): void => void process.stderr.write(`vector: ${text}\n`);

const folder = mkdtempSync(join(tmpdir(), "pipe-tools-bench-"));
try {
  const words = new Words(process.cwd());
  const report: VectorReport = {
    node: process.version,
    load: loadavg()[0] ?? Number.NaN,
    sync: syncTime(folder),
    collections: await inTurn(sizes, (rows) => measure(folder, rows, words, say)),
    singles: await singleRows(folder, new Rows(1000, words)),
    vectors: await inTurn(sizes, (rows) => measureRivals(folder, rows, rivals, say)),
    words: await measureWords(folder, Math.max(...sizes), words, rivals, say),
  };
  if (process.argv.includes("--json")) console.log(JSON.stringify(report, null, 2));
  else printVector(report);
  if (process.argv.includes("--docs")) writeFigures("speed", markdownOf(report));
} finally {
  killAll();
  rmSync(folder, { recursive: true });
}

async function inTurn<T>(sizes: readonly number[], work: (size: number) => Promise<T>): Promise<T[]> {
  const done: T[] = [];
  for (const size of sizes) done.push(await work(size));
  return done;
}
