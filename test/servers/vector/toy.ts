import type { Embedder } from "../../../servers/vector/embedders/embedder.ts";

/** Words of one line mean the same. */
const MEANINGS = [
  "cat kitten feline",
  "dog puppy hound",
  "car automobile vehicle",
  "rain storm drizzle",
  "bread loaf bakery",
  "money cash payment",
  "doctor physician hospital",
  "music song melody",
].map((line) => line.split(" "));

/** An embedding anybody can work out by hand: a number for each meaning, how often it is mentioned; as a vector of unit length. Other words mean nothing. */
export class ToyEmbedder implements Embedder {
  readonly id: string;
  readonly dimensions = MEANINGS.length;
  /** What it was given, call by call. */
  readonly calls: (readonly string[])[] = [];

  constructor(id = "toy-8-v1") {
    this.id = id;
  }

  embed(texts: readonly string[]): Promise<Float32Array[]> {
    this.calls.push(texts);
    return Promise.resolve(texts.map(toyVector));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export function toyVector(text: string): Float32Array {
  const words = text.toLowerCase().split(/\W+/);
  return unit(MEANINGS.map((meaning) => words.filter((word) => meaning.includes(word)).length));
}

export function unit(vector: readonly number[]): Float32Array {
  const length = Math.hypot(...vector);
  return Float32Array.from(vector, (number) => (length === 0 ? 0 : number / length));
}
