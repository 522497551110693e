import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { slowModel } from "../test/servers/chat/fixtures.ts";
import { type Followed, followed } from "./chat/followed.ts";
import { open } from "./chat/sides.ts";
import { type Together, together } from "./chat/together.ts";
import { killAll } from "./processes.ts";
import { printTables, type Table } from "./tables.ts";

// The chat server beside its own engine, with a model of random weights: `--json` figures for programs. Started by scripts/bench.mjs.
const folder = mkdtempSync(join(tmpdir(), "pipe-tools-bench-"));
try {
  const path = join(folder, "slow.gguf");
  writeFileSync(path, slowModel());
  const sides = await open(folder, path);
  const rates = await together(sides);
  const turns = await followed(sides);
  await sides.close();
  if (process.argv.includes("--json")) console.log(JSON.stringify({ node: process.version, together: rates, followed: turns }, null, 2));
  else printTables([rateTable(rates), turnTable(turns)]);
} finally {
  killAll();
  rmSync(folder, { recursive: true });
}

function rateTable(rates: readonly Together[]): Table {
  const [one] = rates;
  const rows = rates.map(({ count, bare, ours }) => [String(count), bare.toFixed(0), ours.toFixed(0), (ours / bare).toFixed(2), (ours / (one?.ours ?? Number.NaN)).toFixed(2)]);
  return { title: "Tokens per second of replies that are written side by side, all together.", head: ["replies", "engine alone", "over the pipe", "of it", "of one reply"], rows };
}

function turnTable(turns: readonly Followed[]): Table {
  const first = turns[0]?.ours ?? Number.NaN;
  const rows = turns.map(({ what, prompt, evaluated, bare, ours }) => [what, String(prompt), String(evaluated), `${bare.toFixed(1)} ms`, `${ours.toFixed(1)} ms`, (ours / first).toFixed(2)]);
  return { title: "From a question to the first token of its answer.", head: ["", "tokens", "evaluated", "engine alone", "over the pipe", "of the first"], rows };
}
