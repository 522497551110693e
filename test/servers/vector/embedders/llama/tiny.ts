import { bool, f32, type GgufTensor, type GgufValue, i32s, string, strings, toHalf, u32, writeGguf } from "../../../../../models/gguf.ts";

export interface TinyOptions {
  readonly name?: string;
  readonly dimensions?: number;
  readonly layers?: number;
  readonly contextLength?: number;
  /** As `bert.pooling_type`: 1 is the mean. Null leaves it out, as in a model for chat. */
  readonly pooling?: number | null;
  /** Random instead of zero weights: the vectors mean nothing, and take their time. */
  readonly random?: boolean;
}

/**
 * A model for embeddings that was thought out instead of trained: one layer of BERT that adds nothing, over a random code for each
 * word, and the mean of all. So the same words in another order have the same vector, and the cosine of two texts is the share
 * of their words that they have in common. The words of `known` are one token each, any other is spelled.
 */
export function tinyModel(options: TinyOptions = {}): Buffer {
  const parts = tinyParts(options);
  return writeGguf(parts.metadata, parts.tensors);
}

export const known = "query passage the a red green blue car house river mountain tree bird fish engine wheel door window water stone leaf feather".split(" ");

/** In parts, for a test to break one of them. */
export function tinyParts({ name = "tiny", dimensions = 128, layers = 1, contextLength = 256, pooling = 1, random = false }: TinyOptions = {}): { metadata: Record<string, GgufValue>; tensors: GgufTensor[] } {
  const texts = vocabulary();
  const feedForward = dimensions * 2;
  const next = generator();
  const vector = (name: string, length: number, value: number): GgufTensor => ({ name, shape: [length], data: new Float32Array(length).fill(value) });
  const matrix = (name: string, columns: number, rows: number): GgufTensor => ({ name, shape: [columns, rows], data: toHalf(Float32Array.from({ length: columns * rows }, () => (random ? next() / 8 : 0))) });
  // What stands around a text has no part in its vector.
  const codes = Float32Array.from({ length: texts.length * dimensions }, (_, i) => (i < SPECIAL.length * dimensions ? 0 : Math.sign(next())));
  const norm = (name: string): GgufTensor[] => [vector(`${name}.weight`, dimensions, 1), vector(`${name}.bias`, dimensions, 0)];
  const linear = (name: string, columns: number, rows: number): GgufTensor[] => [matrix(`${name}.weight`, columns, rows), vector(`${name}.bias`, rows, 0)];
  const layer = (at: string): GgufTensor[] => [
    ...["attn_q", "attn_k", "attn_v", "attn_output"].flatMap((part) => linear(`${at}.${part}`, dimensions, dimensions)),
    ...norm(`${at}.attn_output_norm`),
    ...linear(`${at}.ffn_up`, dimensions, feedForward),
    ...linear(`${at}.ffn_down`, feedForward, dimensions),
    ...norm(`${at}.layer_output_norm`),
  ];
  return {
    metadata: {
      "general.architecture": string("bert"),
      "general.name": string(name),
      "general.file_type": u32(1),
      "bert.block_count": u32(layers),
      "bert.context_length": u32(contextLength),
      "bert.embedding_length": u32(dimensions),
      "bert.feed_forward_length": u32(feedForward),
      "bert.attention.head_count": u32(4),
      "bert.attention.layer_norm_epsilon": f32(1e-12),
      "bert.attention.causal": bool(false),
      ...(pooling === null ? {} : { "bert.pooling_type": u32(pooling) }),
      "tokenizer.ggml.model": string("bert"),
      "tokenizer.ggml.tokens": strings(texts),
      "tokenizer.ggml.token_type": i32s(texts.map((_, i) => (i < SPECIAL.length ? 3 : 1))),
      "tokenizer.ggml.token_type_count": u32(2),
      ...Object.fromEntries(["padding", "unknown", "bos", "eos", "cls", "seperator", "mask"].map((key, i) => [`tokenizer.ggml.${key}_token_id`, u32([0, 1, 2, 3, 2, 3, 4][i]!)])),
    },
    tensors: [
      { name: "token_embd.weight", shape: [dimensions, texts.length], data: toHalf(codes) },
      { name: "token_types.weight", shape: [dimensions, 2], data: new Float32Array(dimensions * 2) },
      { name: "position_embd.weight", shape: [dimensions, contextLength], data: new Float32Array(dimensions * contextLength) },
      ...norm("token_embd_norm"),
      ...Array.from({ length: layers }, (_, i) => layer(`blk.${i}`)).flat(),
    ],
  };
}

const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/** As llama.cpp wants BERT's words: what begins one has a mark before it, what goes on has none. */
export function vocabulary(): string[] {
  const characters = "abcdefghijklmnopqrstuvwxyz0123456789".split("");
  const marks = ".,:;!?-_/|'\"()".split("");
  return [...new Set([...SPECIAL, ...known.map((word) => `▁${word}`), ...characters.flatMap((one) => [`▁${one}`, one]), ...marks.map((mark) => `▁${mark}`)])];
}

/** Numbers from -1 to 1, the same in every run. Source: xorshift32, Marsaglia 2003. */
function generator(): () => number {
  let state = 0x2545f491;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  };
}
