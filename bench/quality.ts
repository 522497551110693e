import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeFigures } from "./figures.ts";
import { corporaOf } from "./quality/corpora.ts";
import { builtin, openModel } from "./quality/embedding.ts";
import { evaluate, type Quality, type Scores } from "./quality/evaluate.ts";
import { questionsOf } from "./quality/questions.ts";
import { markdownTables, printTables, type Table } from "./tables.ts";

// How well a search finds what is meant: `--model PATH|hf:…` with that model's vectors instead of the built-in ones, `--json` figures for
// programs, `--docs` writes docs/vector-figures.md. Started by scripts/bench.mjs in the root of the checkout.
const at = process.argv.indexOf("--model");
const model = at === -1 ? null : process.argv[at + 1];
if (model === undefined) throw new Error("--model expects the path of a .gguf file, or hf:user/repo:quant");
const say = (text: string): void => void process.stderr.write(`quality: ${text}\n`);

const folder = mkdtempSync(join(tmpdir(), "pipe-tools-bench-"));
const embedding = model === null ? builtin() : await openModel(model, say);
try {
  const measured: Array<Quality & { name: string }> = [];
  for (const { name, documents } of corporaOf(process.cwd())) {
    say(name);
    measured.push({ name, ...(await evaluate(join(folder, `${measured.length}.sqlite`), questionsOf(documents), embedding)) });
  }
  const tables = measured.map(tableOf);
  if (process.argv.includes("--json")) console.log(JSON.stringify({ model: model ?? "builtin", weights: embedding.weights, corpora: measured }, null, 2));
  else printTables(tables);
  if (process.argv.includes("--docs")) writeFigures("quality", markdownTables(tables));
} finally {
  await embedding.close();
  rmSync(folder, { recursive: true });
}

function tableOf({ name, passages, questions, clean, typos }: Quality & { name: string }): Table {
  const cells = (scores: Scores, mode: keyof Scores): string[] => [scores[mode].recall.toFixed(3), scores[mode].mrr.toFixed(3)];
  const titles = { text: "words (BM25)", vector: `vectors (${model ?? "built in"})`, hybrid: `hybrid, weights ${embedding.weights.text} and ${embedding.weights.vector}` };
  return {
    title: `${name[0]?.toUpperCase()}${name.slice(1)}: ${passages} passages, ${questions} questions made of headings.`,
    head: ["", "recall@10", "MRR", "recall@10, misspelled", "MRR, misspelled"],
    rows: (["text", "vector", "hybrid"] as const).map((mode) => [titles[mode], ...cells(clean, mode), ...cells(typos, mode)]),
  };
}
