import { IDLE_MS, type Row, type Spread, type Supervision } from "./measure.ts";

/** The report as one table for people; the keepers are rows. */
export function printSupervision({ rows, ready }: Supervision): void {
  const seconds = IDLE_MS / 1000;
  const full = rows.some(({ up }) => up !== null);
  const columns: Array<[string, (row: Row) => string]> = [
    ["SIGKILL of a worker until …", ({ title }) => title],
    ["it is replaced (p95)", ({ born }) => spread(born)],
    ["a ping is answered (p95)", ({ answered }) => spread(answered)],
    ...(full
      ? ([
          ["100 up", ({ up }) => milliseconds(up)],
          [`idle CPU ${seconds} s, 4 / 100`, ({ few, many }) => `${milliseconds(few?.cpu)} / ${milliseconds(many?.cpu)}`],
          ["memory, 4 / 100", ({ few, many }) => `${megabytes(few?.rss)} / ${megabytes(many?.rss)}`],
        ] as Array<[string, (row: Row) => string]>)
      : []),
  ];
  const table = [columns.map(([title]) => title), ...rows.map((row) => (row.installed ? columns.map(([, cell]) => cell(row)) : [row.title, "not installed"]))];
  const widths = columns.map((_, n) => Math.max(...table.map((line) => line[n]?.length ?? 0)));
  console.log();
  for (const line of table) console.log(line.map((cell, n) => (n === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[n] ?? 0))).join("  "));
  if (ready !== null) console.log(`All of pipe-tools' 100 tools had answered over their pipes after ${milliseconds(ready)}.`);
}

function spread(times: Spread | null): string {
  return times === null ? "–" : `${times.median.toFixed(1)} ms (${times.p95.toFixed(1)})`;
}

function milliseconds(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : `${value.toFixed(0)} ms`;
}

function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? "–" : `${(bytes / 1e6).toFixed(0)} MB`;
}
