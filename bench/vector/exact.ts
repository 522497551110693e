import { type Clusters, DIMENSIONS } from "./clusters.ts";

/** The `count` rows nearest to a query, by 32-bit floats and without any shortcut: what recall is measured against. */
export function exactNearest({ matrix, rows }: Clusters, query: Float32Array, count: number): number[] {
  const scores = new Float32Array(rows);
  for (let row = 0, at = 0; row < rows; row++) {
    let sum = 0;
    for (let i = 0; i < DIMENSIONS; i++) sum += matrix[at++]! * query[i]!;
    scores[row] = sum;
  }
  const least = scores.toSorted().at(-count) ?? 0;
  return [...scores.keys()].filter((row) => scores[row]! >= least).sort((a, b) => scores[b]! - scores[a]!).slice(0, count);
}

/** The share of what was wanted that was found. */
export function recallOf(found: Iterable<number>, wanted: readonly number[]): number {
  const set = new Set(found);
  return wanted.filter((row) => set.has(row)).length / wanted.length;
}
