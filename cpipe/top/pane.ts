import { type Row, wrapped } from "./row.ts";

/** Where a text that is longer than the screen is looked at; null follows its end. */
export type Scroll = number | null;

/** What scrolls it: rows up (below 0) or down. */
export const STEPS: Readonly<Record<string, (height: number) => number>> = {
  up: () => -1, k: () => -1, "ctrl-p": () => -1,
  down: () => 1, j: () => 1, "ctrl-n": () => 1,
  "page-up": (height) => 1 - height, b: (height) => 1 - height,
  "page-down": (height) => height - 1, space: (height) => height - 1,
  home: () => -Infinity, g: () => -Infinity,
  end: () => Infinity, G: () => Infinity,
};

/** The part that is seen. */
export function windowOf(rows: readonly Row[], scroll: Scroll, height: number): readonly Row[] {
  const top = topOf(rows.length, scroll, height);
  return rows.slice(top, top + height);
}

/** After a key; unchanged by one that does not scroll. At its end a text that `grows` is followed again. */
export function scrolled(total: number, scroll: Scroll, key: string, height: number, grows = false): Scroll {
  const step = STEPS[key]?.(Math.max(2, height));
  if (step === undefined) return scroll;
  const last = Math.max(0, total - height);
  const next = Math.max(0, Math.min(last, topOf(total, scroll, height) + step));
  return grows && next === last && step > 0 ? null : next;
}

/** Lines as rows of a width. A line is broken once: the same few hundred are shown again and again. */
export function rowsOf(lines: readonly Row[], columns: number): Row[] {
  return lines.flatMap((line) => {
    const before = broken.get(line);
    if (before?.columns === columns) return before.rows;
    const rows = wrapped(line, columns);
    broken.set(line, { columns, rows });
    return rows;
  });
}

const broken = new WeakMap<Row, { readonly columns: number; readonly rows: readonly Row[] }>();

function topOf(total: number, scroll: Scroll, height: number): number {
  const last = Math.max(0, total - height);
  return scroll === null ? last : Math.min(last, scroll);
}
