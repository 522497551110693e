import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killAll } from "./processes.ts";
import { throughput } from "./speech/throughput.ts";
import { printTables } from "./tables.ts";

const folder = mkdtempSync(join(tmpdir(), "pipe-tools-bench-"));
try {
  const rates = await throughput(folder);
  const floor = rates[0]?.rate ?? Number.NaN;
  printTables([{ title: "Sound through a FIFO, MB a second.", head: ["", "MB/s", "of cat"], rows: rates.map(({ way, rate }) => [way, rate.toFixed(0), (rate / floor).toFixed(2)]) }]);
} finally {
  killAll();
  rmSync(folder, { recursive: true });
}
