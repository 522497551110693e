/** What the ranks by words and the ranks by meaning weigh; at least one of them more than nothing. */
export interface Weights {
  readonly text: number;
  readonly vector: number;
}

export interface Fused<Id> {
  readonly id: Id;
  /** 1 for what is first wherever it was looked for. */
  readonly score: number;
}

/**
 * Joins two rankings, best first, each without repetitions: reciprocal rank fusion, so that scores that cannot be compared need not be.
 * A ranking that was not asked for is null and has no say. What is in one of two rankings only can reach its share of the weights at most.
 * Source: Cormack, Clarke and Büttcher, Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods, 2009.
 * @returns the best `k`, best first; of equal ones, the one that comes first by words, then by meaning
 */
export function fuse<Id>(text: readonly Id[] | null, vector: readonly Id[] | null, weights: Weights, k: number): Fused<Id>[] {
  const rankings = [
    { ids: text ?? [], weight: text === null ? 0 : weights.text },
    { ids: vector ?? [], weight: vector === null ? 0 : weights.vector },
  ].filter(({ weight }) => weight > 0);
  const total = rankings.reduce((sum, { weight }) => sum + weight, 0);
  const scores = new Map<Id, number>();
  for (const { ids, weight } of rankings) {
    ids.forEach((id, i) => scores.set(id, (scores.get(id) ?? 0) + ((weight / total) * (RANK_CONSTANT + 1)) / (RANK_CONSTANT + i + 1)));
  }
  return [...scores].map(([id, score]) => ({ id, score })).sort((a, b) => b.score - a.score).slice(0, k);
}

/** How many of each ranking to look at for the best `k` of both: what is far down in both can still be among them. */
export function depthOf(k: number): number {
  return Math.max(2 * k, LEAST_DEPTH);
}

/**
 * Softens the difference between the first few ranks. The paper takes 60 for many lists; of two, the one that has a row quite far in front
 * should be heard. Chosen together with the weights by the documents of the installed packages, and confirmed by those of Node
 * (docs/vector-figures.md).
 */
const RANK_CONSTANT = 5;
const LEAST_DEPTH = 100;
