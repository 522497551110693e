/** What the two searches count for when their results are joined. */
export interface Weights {
  readonly text: number;
  readonly vector: number;
}

export interface Fused<Id> {
  readonly id: Id;
  /** 1 for what is first in both lists. */
  readonly score: number;
}

/**
 * Softens the difference between the first few ranks. Source: Cormack, Clarke and Büttcher, Reciprocal Rank Fusion, SIGIR 2009. They take
 * 60 for many lists; of two, the one that has a row quite far in front should be heard. Chosen together with the weights by the documents
 * of the installed packages, and confirmed by those of Node (docs/vector-figures.md).
 */
const SOFTENING = 5;

/** Joins two lists, best first each, by reciprocal ranks: the scores of the two cannot be compared, their orders can. */
export function fuse<Id>(text: readonly Id[], vector: readonly Id[], weights: Weights, count: number): Fused<Id>[] {
  const scores = new Map<Id, number>();
  const unit = (SOFTENING + 1) / (weights.text + weights.vector);
  const score = (ids: readonly Id[], weight: number): void => {
    for (const [index, id] of ids.entries()) scores.set(id, (scores.get(id) ?? 0) + (weight * unit) / (SOFTENING + 1 + index));
  };
  score(text, weights.text);
  score(vector, weights.vector);
  return [...scores].map(([id, value]) => ({ id, score: value })).sort((a, b) => b.score - a.score).slice(0, count);
}
