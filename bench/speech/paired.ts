/** The same work done both ways, one after the other, in ms. */
export interface Paired {
  readonly bare: number;
  readonly ours: number;
}

/** The medians of many pairs. */
export function paired(pairs: readonly Paired[]): Paired {
  return { bare: median(pairs.map(({ bare }) => bare)), ours: median(pairs.map(({ ours }) => ours)) };
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
