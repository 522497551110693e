import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { withSection } from "../scripts/docs/markdown.ts";
import { killAll } from "./processes.ts";
import type { Paired } from "./speech/paired.ts";
import { type Recognition, recognition } from "./speech/recognition.ts";
import { type Synthesis, synthesis } from "./speech/synthesis.ts";
import { type Throughput, throughput } from "./speech/throughput.ts";
import { markdownTables, printTables, type Table } from "./tables.ts";

// Sound and speech: `--json` figures for programs, `--docs` writes docs/speech-figures.md. Started by scripts/bench.mjs in the root of the checkout.
const folder = mkdtempSync(join(tmpdir(), "pipe-tools-bench-"));
try {
  const load = loadavg()[0] ?? Number.NaN;
  const sound = await throughput(folder);
  const tts = await synthesis(folder);
  const stt = await recognition(folder);
  const tables = [throughputTable(sound), speechTable(tts, stt)];
  if (process.argv.includes("--json")) console.log(JSON.stringify({ node: process.version, load, sound, tts, stt }, null, 2));
  else printTables(tables);
  if (process.argv.includes("--docs")) {
    const machine = `${cpus().length} cores of ${cpus()[0]?.model.trim() ?? "an unknown processor"}, load ${load.toFixed(1)} at the start, Node ${process.version}.`;
    const path = join(process.cwd(), "docs/speech-figures.md");
    writeFileSync(path, withSection(readFileSync(path, "utf8"), "figures", `${machine}\n\n${markdownTables(tables)}`));
  }
} finally {
  killAll();
  rmSync(folder, { recursive: true });
}

function throughputTable(rates: readonly Throughput[]): Table {
  const floor = rates[0]?.rate ?? Number.NaN;
  return { title: "Sound through one FIFO.", head: ["", "MB/s", "of cat"], rows: rates.map(({ way, rate }) => [way, rate.toFixed(0), (rate / floor).toFixed(2)]) };
}

function speechTable({ first, last, realTime, sentences }: Synthesis, { seconds, whole }: Recognition): Table {
  const row = (title: string, { bare, ours }: Paired): string[] => [title, milliseconds(bare), milliseconds(ours), milliseconds(ours - bare), `${((100 * (ours - bare)) / bare).toFixed(1)} %`];
  return {
    title: `The engine in one process, and the same over the pipe; the median of ${sentences} sentences said and of ${seconds.toFixed(0)} s heard. A second of speech takes Flite ${realTime.toFixed(3)} s, and pocketsphinx ${(whole.bare / 1000 / seconds).toFixed(3)} s.`,
    head: ["", "engine alone", "over the pipe", "added", ""],
    rows: [row("tts: from a sentence to its first PCM", first), row("tts: to its last PCM", last), row("stt: a file of twenty sentences", whole)],
  };
}

function milliseconds(value: number): string {
  return `${value.toFixed(value < 100 ? 1 : 0)} ms`;
}
