import { MODES } from "../../pipes/protocol/interfaces/vector.ts";
import type { Space } from "../../servers/vector/backend.ts";
import type { Weights } from "../../servers/vector/fusion.ts";
import { Collection } from "../../servers/vector/store/collection.ts";
import { search } from "../../servers/vector/store/search.ts";
import { countTerms } from "../../servers/vector/terms.ts";
import type { Question, Questions } from "./questions.ts";
import { withTypos } from "./typos.ts";

export type Mode = (typeof MODES)[number];
export const K = 10;
/** How often each question is misspelled, each time in another way. */
const WAYS = 3;

/** How good answers are: the share of questions whose passage is among the ten first, and the mean of one by its rank. */
export interface Score {
  readonly recall: number;
  readonly mrr: number;
}

export type Scores = Readonly<Record<Mode, Score>>;

export interface Quality {
  readonly passages: number;
  readonly questions: number;
  readonly clean: Scores;
  readonly typos: Scores;
}

export interface Embedding {
  readonly space: Space;
  readonly weights: Weights;
  readonly embed: (texts: readonly string[], kind: "query" | "passage") => Promise<Float32Array[]>;
}

/** Puts the passages into a collection at `path`, asks every question as it is and misspelled, by each mode of search. */
export async function evaluate(path: string, { passages, questions }: Questions, { space, weights, embed }: Embedding, ways = WAYS): Promise<Quality> {
  const collection = await Collection.open(path, { durable: false });
  try {
    collection.settle(space);
    const vectors = await embed(passages, "passage");
    collection.write({ put: passages.map((text, i) => ({ id: String(i), text, terms: countTerms(text), vector: vectors[i]!, keepsVector: false })) });
    const ask = async (of: readonly Question[]): Promise<Scores> => {
      const texts = of.map(({ text }) => text);
      const asked = await embed(texts, "query");
      const scoreOf = (mode: Mode): Score => {
        const ranks = texts.map((query, i) => search(collection, { query, vector: asked[i]!, k: K, filter: null, mode, weights }).findIndex(({ id }) => id === String(of[i]!.answer)));
        return { recall: mean(ranks.map((rank) => (rank === -1 ? 0 : 1))), mrr: mean(ranks.map((rank) => (rank === -1 ? 0 : 1 / (rank + 1)))) };
      };
      return { text: scoreOf("text"), vector: scoreOf("vector"), hybrid: scoreOf("hybrid") };
    };
    return { passages: passages.length, questions: questions.length, clean: await ask(questions), typos: await ask(misspelled(questions, ways)) };
  } finally {
    await collection.close();
  }
}

function misspelled(questions: readonly Question[], ways: number): Question[] {
  return Array.from({ length: ways }, (_, way) => questions.map(({ text, answer }, i) => ({ text: withTypos(text, way * questions.length + i), answer }))).flat();
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
