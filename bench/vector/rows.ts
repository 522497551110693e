import type { Item } from "../../pipes/protocol/interfaces/vector.ts";
import { Clusters, sent } from "./clusters.ts";
import type { Words } from "./words.ts";

const WORDS = 24;
export const LANGUAGES = 10;
export const STARS = 100;

/** What is put into a collection, and what is asked of it: everything follows from the numbers. */
export class Rows {
  readonly clusters: Clusters;
  readonly #words: Words;

  constructor(count: number, words: Words) {
    this.clusters = new Clusters(count);
    this.#words = words;
  }

  get count(): number {
    return this.clusters.rows;
  }

  /** `copy` tells rows apart that take the place of an earlier one with the same vector. */
  item(row: number, copy = 0): Item {
    return { id: idOf(row, copy), text: this.#words.text(row, WORDS), metadata: { lang: `l${row % LANGUAGES}`, stars: (row * 7919) % STARS }, vector: sent(this.clusters.vector(row)) };
  }

  items(from: number, to: number, copy = 0): Item[] {
    return Array.from({ length: Math.min(to, this.count) - from }, (_, i) => this.item(from + i, copy));
  }

  /** A vector to look near to. */
  query(number: number): number[] {
    return sent(this.clusters.query(number));
  }

  words(number: number): string {
    return this.#words.query(number, 3);
  }
}

export function idOf(row: number, copy = 0): string {
  return copy === 0 ? `row-${row}` : `row-${row}-${copy}`;
}

export function rowOf(id: string): number {
  return Number(id.split("-")[1]);
}
