import { cancelled } from "../../pipes/protocol/cancelled.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { ask } from "./ask.ts";
import { type Endpoint, shownUrl } from "./endpoint.ts";
import { otherThan } from "./other-than.ts";

export interface EmbeddingQuestion {
  readonly model: string;
  /** None of them blank: endpoints refuse those. */
  readonly texts: readonly string[];
  /** How many numbers a vector is to have, where the model has a choice; null takes what is sent. */
  readonly dimensions: number | null;
}

/**
 * One vector for each text, in the order of the texts, as the endpoint sends them. Many texts go in several requests.
 * Source: platform.openai.com/docs/api-reference/embeddings/create
 * @throws ToolError `endpoint-failed` for an answer that is none, `endpoint-unavailable`, `cancelled` (or the signal's own)
 */
export async function embeddingsOf(endpoint: Endpoint, { model, texts, dimensions }: EmbeddingQuestion, signal: AbortSignal, onRetry: (reason: string) => void): Promise<number[][]> {
  const vectors: number[][] = [];
  for (const input of batchesOf(texts)) {
    if (signal.aborted) throw cancelled(signal);
    const body = { model, input, encoding_format: "float", ...(dimensions === null ? {} : { dimensions }) };
    vectors.push(...read(endpoint, await ask(endpoint, { path: PATH, body }, signal, onRetry), input.length));
  }
  return vectors;
}

const PATH = "/embeddings";
/** Texts and characters of one request: what every endpoint takes, OpenAI's 2048 texts and 300 000 tokens included. */
const MOST_TEXTS = 128;
const MOST_CHARACTERS = 200_000;

function batchesOf(texts: readonly string[]): string[][] {
  const batches: string[][] = [];
  let characters = 0;
  for (const text of texts) {
    const last = batches.at(-1);
    if (last === undefined || last.length === MOST_TEXTS || characters + text.length > MOST_CHARACTERS) {
      batches.push([text]);
      characters = 0;
    } else last.push(text);
    characters += text.length;
  }
  return batches;
}

/** The vectors in the order of the input, whatever the order of the answer. */
function read(endpoint: Endpoint, answer: unknown, expected: number): number[][] {
  const data = (answer as { data?: unknown } | null)?.data;
  if (!Array.isArray(data)) throw otherwise(endpoint, "a list `data` of embeddings", answer);
  if (data.length !== expected) throw otherwise(endpoint, `${expected} embeddings`, data.length);
  const vectors = Array.from<number[] | undefined>({ length: expected });
  for (const [at, entry] of (data as ({ index?: unknown; embedding?: unknown } | null)[]).entries()) {
    const index = entry?.index ?? at;
    if (typeof index !== "number" || !(index in vectors) || vectors[index] !== undefined) throw otherwise(endpoint, "each `index` once", index);
    const vector = entry?.embedding;
    if (!Array.isArray(vector) || vector.length === 0 || !vector.every(Number.isFinite)) throw otherwise(endpoint, "an embedding as a list of numbers", JSON.stringify(vector) ?? "nothing");
    vectors[index] = vector as number[];
  }
  return vectors as number[][];
}

/** Of an answer that is not what was asked for. */
export function otherwise(endpoint: Endpoint, expected: string, got: unknown): ToolError {
  return new ToolError("endpoint-failed", { url: shownUrl(endpoint, PATH), reason: otherThan(expected, got) });
}
