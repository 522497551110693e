import { type GgufTensor, toHalf } from "../../../models/gguf.ts";
import type { Vocabulary } from "./vocabulary.ts";

/**
 * Weights of a llama-architecture model that were thought out instead of trained.
 *
 * A token's embedding is a random code, so that the output matrix can be a table: row `next` holds the code of the
 * token that `next` follows. One attention head looks for the latest keyword and copies its topic into dimensions that
 * the table reads at one place only, after the introduction, where the replies part. The word "user" of the template
 * counts as a weak keyword for "unknown": a question without keywords does not inherit the topic of the one before.
 *
 * A second head looks for the token that offers functions. With it, and a topic that calls one, a call begins where the introduction would.
 * What is called, and with what, a grammar decides; the table only closes every text at once, and leaves out what may be left out.
 */
export const dimensions = 256;
export const heads = 4;
export const headSize = dimensions / heads;
export const feedForward = 32;
/** Keywords further back than this are no longer told apart by age: the angle below has turned by a quarter. */
export const contextLength = 4096;

/** Where in an embedding each thing is kept. */
const codeSize = 200;
const CONSTANT = 200;
const KEYWORD = 201;
const STRONG = 202;
const WEAK = 203;
const TOPIC_IN = 204;
const TOOLS_IN = 228;
const TOOLS_OUT = 229;
const TOPIC_OUT = 230;
const maxTopics = TOOLS_IN - TOPIC_IN;

/**
 * Rotary positions turn pair i of a head by base^(-i/32) a token. Pair 20 turns by a quarter over the whole context and
 * measures age; pair 31 hardly turns and lifts every keyword above the tokens that are none.
 */
const AGE = 20;
const LIFT = 31;
/** It hardly turns either, and is the second head's. */
const OFFER = 30;
/** Where in a head's value the offer is. */
const OFFERED = headSize - 1;
export const ropeBase = ((2 * contextLength) / Math.PI) ** (32 / AGE);
/** Below 256, where the half floats that keys are cached in are still accurate to a sixteenth. */
const ageStrength = 235;
const liftStrength = 250;
const weakness = 0.2;

/** Logits: what follows in the table; what the topic adds; what the introduction has over the topics. */
const FOLLOWS = 60;
const TOPIC = 30;
const INTRODUCTION = 15;
/** A call's beginning: what it lacks against the introduction, which the topic and the offer outweigh together, neither alone. */
const CALL = -20;
const CALLING = 24;
/** What the likelier of two ends of JSON has over the next. */
const CLOSING = 6;
const topicStrength = 4;

export function buildTensors(vocabulary: Vocabulary): GgufTensor[] {
  if (vocabulary.all.length > maxTopics) throw new Error(`at most ${maxTopics} topics fit`);
  const codes = randomSigns(vocabulary.texts.length);
  const ones = new Float32Array(dimensions).fill(1);
  const half = (name: string, rows: number, columns: number, fill: (at: (row: number, column: number, value: number) => void) => void): GgufTensor => {
    const data = new Float32Array(rows * columns);
    fill((row, column, value) => (data[row * columns + column]! += value));
    return { name, shape: [columns, rows], data: toHalf(data) };
  };
  const nothing = (): void => undefined;
  return [
    half("token_embd.weight", vocabulary.texts.length, dimensions, (add) => fillEmbeddings(vocabulary, codes, add)),
    { name: "blk.0.attn_norm.weight", shape: [dimensions], data: ones },
    half("blk.0.attn_q.weight", dimensions, dimensions, (add) => {
      add(2 * AGE, CONSTANT, ageStrength / normed);
      add(2 * LIFT, CONSTANT, liftStrength / normed);
      add(headSize + 2 * OFFER, CONSTANT, liftStrength / normed);
    }),
    half("blk.0.attn_k.weight", headSize, dimensions, (add) => {
      add(2 * AGE + 1, KEYWORD, -ageStrength / normed);
      add(2 * LIFT, KEYWORD, liftStrength / normed);
      add(2 * LIFT, WEAK, -weakness / normed);
      add(2 * OFFER, TOOLS_IN, liftStrength / normed);
    }),
    half("blk.0.attn_v.weight", headSize, dimensions, (add) => {
      vocabulary.all.forEach((_, topic) => add(topic, TOPIC_IN + topic, 1 / normed));
      add(OFFERED, TOOLS_IN, 1 / normed);
    }),
    half("blk.0.attn_output.weight", dimensions, dimensions, (add) => {
      vocabulary.all.forEach((_, topic) => add(TOPIC_OUT + topic, topic, topicStrength));
      add(TOOLS_OUT, headSize + OFFERED, topicStrength);
    }),
    { name: "blk.0.ffn_norm.weight", shape: [dimensions], data: ones },
    half("blk.0.ffn_gate.weight", feedForward, dimensions, nothing),
    half("blk.0.ffn_up.weight", feedForward, dimensions, nothing),
    half("blk.0.ffn_down.weight", dimensions, feedForward, nothing),
    { name: "output_norm.weight", shape: [dimensions], data: ones },
    half("output.weight", vocabulary.texts.length, dimensions, (add) => fillTable(vocabulary, codes, add)),
  ];
}

type Add = (row: number, column: number, value: number) => void;

/** What a value of 1 in an embedding has become after normalisation, before attention (keywords carry three more ones) and at the output. */
const normed = Math.sqrt(dimensions / (codeSize + 1));
const normedOut = Math.sqrt(dimensions / (codeSize + 1 + topicStrength ** 2));

function fillEmbeddings(vocabulary: Vocabulary, codes: readonly Int8Array[], add: Add): void {
  codes.forEach((code, token) => {
    code.forEach((sign, column) => add(token, column, sign));
    add(token, CONSTANT, 1);
  });
  for (const [token, topic] of vocabulary.keywords) markKeyword(add, token, topic, STRONG);
  markKeyword(add, vocabulary.ids.user, 0, WEAK);
  add(vocabulary.ids.tools, TOOLS_IN, 1);
}

/** Strong and weak keywords are equally long vectors, or normalisation would tell them apart far too much. */
function markKeyword(add: Add, token: number, topic: number, strength: number): void {
  for (const column of [KEYWORD, strength, TOPIC_IN + topic]) add(token, column, 1);
}

function fillTable({ ids, introduction, chains, all, closing }: Vocabulary, codes: readonly Int8Array[], add: Add): void {
  const follow = (token: number, next: number): void =>
    codes[token]!.forEach((sign, column) => add(next, column, (sign * FOLLOWS) / (codeSize * normedOut)));
  const chain = (tokens: readonly number[]): void => tokens.slice(1).forEach((next, i) => follow(tokens[i]!, next));

  const [opening] = introduction;
  const parting = introduction.at(-1)!;
  chain([ids.newline, ...introduction]);
  add(opening!, CONSTANT, INTRODUCTION / normedOut);
  chains.forEach(({ tokens, thought, last }, topic) => {
    const choose = (first: number): void => add(first, TOPIC_OUT + topic, TOPIC / (topicStrength * normedOut));
    chain([parting, ...tokens, last]);
    choose(tokens[0]!);
    if (thought.length === 0) return;
    chain([ids.newline, ...thought, opening!]);
    choose(thought[0]!);
  });
  follow(ids.newline, ids.call);
  add(ids.call, CONSTANT, CALL / normedOut);
  add(ids.call, TOOLS_OUT, CALLING / (topicStrength * normedOut));
  all.forEach(({ calls }, topic) => calls && add(ids.call, TOPIC_OUT + topic, CALLING / (topicStrength * normedOut)));
  follow(ids.quote, ids.quote);
  follow(ids.brace, ids.endOfTurn);
  closing.forEach((tokens, place) => tokens.forEach((token) => add(token, CONSTANT, (CLOSING * (closing.length - place)) / normedOut)));
}

/** A code of +1 and -1 for each token, the same in every run. Source of the generator: xorshift32, Marsaglia 2003. */
function randomSigns(tokens: number): Int8Array[] {
  let state = 0x9e3779b9;
  const sign = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0x10000 ? 1 : -1;
  };
  return Array.from({ length: tokens }, () => Int8Array.from({ length: codeSize }, sign));
}
