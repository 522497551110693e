import { randomBytes } from "node:crypto";
import { type GgufTensor, type GgufValue, toHalf, writeGguf } from "../../../models/gguf.ts";
import { describe, tokenizer } from "../../../servers/chat/builtin/model.ts";
import { buildVocabulary } from "../../../servers/chat/builtin/vocabulary.ts";
import { buildTensors, contextLength, dimensions, feedForward, heads, ropeBase } from "../../../servers/chat/builtin/weights.ts";
import { Engine, type EngineOptions } from "../../../servers/chat/engine/engine.ts";

export interface Parts {
  readonly metadata: Record<string, GgufValue>;
  readonly tensors: GgufTensor[];
}

/** The built-in model in parts, for a test to break one of them. */
export function builtinParts(): Parts {
  const vocabulary = buildVocabulary();
  const shape = { layers: 1, dimensions, heads, headsKv: 1, feedForward, contextLength, ropeBase };
  return { metadata: { ...describe("broken", shape), ...tokenizer(vocabulary) }, tensors: buildTensors(vocabulary) };
}

/** A model that means nothing and takes its time: 20 million random weights, 40 MB. */
export function slowModel(): Buffer {
  const vocabulary = buildVocabulary();
  const shape = { layers: 6, dimensions: 512, heads: 8, headsKv: 8, feedForward: 1536, contextLength: 8192, ropeBase: 10_000 };
  const random = toHalf(Float32Array.from(randomBytes(1 << 16), (byte) => (byte - 127.5) / 3000));
  const norm = (name: string): GgufTensor => ({ name, shape: [shape.dimensions], data: new Float32Array(shape.dimensions).fill(1) });
  const matrix = (name: string, columns: number, rows: number): GgufTensor => {
    const data = new Uint16Array(columns * rows);
    for (let at = 0; at < data.length; at += random.length) data.set(random.subarray(0, Math.min(random.length, data.length - at)), at);
    return { name, shape: [columns, rows], data };
  };
  const { dimensions: d, feedForward: ff } = shape;
  const words = vocabulary.texts.length;
  const tensors = [
    matrix("token_embd.weight", d, words),
    ...Array.from({ length: shape.layers }, (_, i) => [
      norm(`blk.${i}.attn_norm.weight`),
      ...["q", "k", "v", "output"].map((part) => matrix(`blk.${i}.attn_${part}.weight`, d, d)),
      norm(`blk.${i}.ffn_norm.weight`),
      matrix(`blk.${i}.ffn_gate.weight`, d, ff),
      matrix(`blk.${i}.ffn_up.weight`, d, ff),
      matrix(`blk.${i}.ffn_down.weight`, ff, d),
    ]).flat(),
    norm("output_norm.weight"),
    matrix("output.weight", d, words),
  ];
  return writeGguf({ ...describe("slow", shape), ...tokenizer(vocabulary) }, tensors);
}

/** An engine on the processor, with one thread unless told otherwise and without chance. */
export function startEngine(path: string, options: Partial<EngineOptions> = {}): Engine & AsyncDisposable {
  const engine = Engine.start({
    tool: "chat",
    path,
    contextSize: null,
    parked: null,
    parallel: 2,
    maxQueue: 4,
    threads: 1,
    gpu: false,
    gpuLayers: "auto",
    threadsCache: null,
    sampling: { temperature: 0 },
    ...options,
  });
  return Object.assign(engine, { [Symbol.asyncDispose]: () => engine.stop() });
}

export const user = (content: string): { role: "user"; content: string } => ({ role: "user", content });
