import { cpus } from "node:os";
import type { Table } from "../tables.ts";
import { DIMENSIONS } from "./clusters.ts";
import type { Measured } from "./collection.ts";
import type { VectorRivals } from "./rivals.ts";
import { CLIENTS, type Searches } from "./searches.ts";
import { IN_FLIGHT, type Singles } from "./singles.ts";
import { LENGTHS, type TextRivals } from "./texts.ts";
import type { Times } from "./times.ts";

export interface VectorReport {
  readonly node: string;
  /** How many programs wanted a core in the minute before it began. */
  readonly load: number;
  /** In ms. */
  readonly sync: number;
  readonly collections: readonly Measured[];
  readonly singles: readonly Singles[];
  readonly vectors: readonly VectorRivals[];
  readonly words: TextRivals;
}

export function machine({ node, load, sync }: Pick<VectorReport, "node" | "load" | "sync">): string {
  const [cpu] = cpus();
  return `${cpus().length} cores of ${cpu?.model.trim() ?? "an unknown processor"}, load ${load.toFixed(1)} at the start, Node ${node}. The disk needs ${milliseconds(sync)} to take 4 kB for good.`;
}

export function collectionsTable(collections: readonly Measured[]): Table {
  return {
    title: `A collection of vectors of ${DIMENSIONS} numbers, brought along, each with 24 words and two facts. p50, and p99 in brackets.`,
    head: ["", ...collections.map(({ rows }) => `${grouped(rows)} rows`)],
    rows: LINES.map(([title, cell]) => [title, ...collections.map(cell)]),
  };
}

export function singlesTable(singles: readonly Singles[]): Table {
  return {
    title: "Rows added one a request, a second.",
    head: ["", "one after the other", `${IN_FLIGHT} in flight`],
    rows: singles.map(({ durable, vectors, oneByOne, inFlight }) => [`${vectors ? "vector brought along" : "vector made of the words"}, durable: ${durable}`, grouped(oneByOne), grouped(inFlight)]),
  };
}

export function vectorsTable({ rows, rivals }: VectorRivals): Table {
  return {
    title: `The ten nearest of ${grouped(rows)} vectors, in one process, one thread for a query.`,
    head: ["", "ready after", "p50 (p99)", "recall@10"],
    rows: rivals.map(({ title, build, times, recall }) => [title, `${(build / 1000).toFixed(1)} s`, spread(times), recall.toFixed(3)]),
  };
}

export function wordsTable({ passages, words, rivals }: TextRivals): Table {
  return {
    title: `The best ten of ${grouped(passages)} passages of ${words} words by BM25, in one process.`,
    head: ["", "ready after", ...LENGTHS.map((length) => `${length} ${length === 1 ? "word" : "words"}, p50 (p99)`)],
    rows: rivals.map(({ title, build, times }) => [title, `${(build / 1000).toFixed(1)} s`, ...LENGTHS.map((length) => spread(times[length]!))]),
  };
}

const LINES: ReadonlyArray<readonly [string, (measured: Measured) => string]> = [
  ["added by requests of 256 rows, a second", ({ addMany }) => grouped(addMany)],
  ["building an index", () => "there is none"],
  ["a ping over the pipe", ({ searches }) => spread(searches.ping)],
  ["search by a vector over the pipe", ({ searches }) => spread(searches.vector)],
  ["the same in one process", ({ searches }) => spread(searches.vectorInside)],
  ["what our path adds to both", ({ searches }) => milliseconds(added(searches, "vector"))],
  ["recall@10", ({ recall }) => recall.toFixed(3)],
  ["with a filter that a tenth passes", ({ searches }) => spread(searches.tenth)],
  ["with a filter that a hundredth passes", ({ searches }) => spread(searches.hundredth)],
  ["search by three words over the pipe", ({ searches }) => spread(searches.words)],
  ["what our path adds to it", ({ searches }) => milliseconds(added(searches, "words"))],
  ["hybrid search over the pipe", ({ searches }) => spread(searches.hybrid)],
  [`${CLIENTS} processes at once: searches a second`, ({ crowd }) => grouped(crowd.perSecond)],
  [`${CLIENTS} processes at once: one search`, ({ crowd }) => spread(crowd)],
  ["search while rows are added without a pause", ({ whileAdding }) => spread(whileAdding)],
  ["memory for a row", ({ memoryPerRow }) => `${grouped(memoryPerRow)} B`],
  ["disk for a row", ({ diskPerRow }) => `${grouped(diskPerRow)} B`],
  ["killed and started: first answer after", ({ reopen }) => milliseconds(reopen)],
  ["memory after 1, 10 and 20 rounds of replacing a tenth", ({ churn }) => [0, 9, 19].map((n) => megabytes(churn[n]!.memory)).join(", ")],
  ["the file after 1, 10 and 20 rounds", ({ churn }) => [0, 9, 19].map((n) => megabytes(churn[n]!.disk)).join(", ")],
];

function added(searches: Searches, name: "vector" | "words"): number {
  return searches[name].p50 - searches[`${name}Inside`].p50 - searches.ping.p50;
}

function spread({ p50, p99 }: Times): string {
  return `${milliseconds(p50)} (${milliseconds(p99)})`;
}

function milliseconds(value: number): string {
  return `${value.toFixed(value < 1 ? 3 : value < 100 ? 1 : 0)} ms`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

/** `12 345` */
function grouped(value: number): string {
  return Math.round(value).toString().replaceAll(/\B(?=(\d{3})+$)/g, " ");
}
