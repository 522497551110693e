import { beginnings, counted } from "./stt-ear.ts";
import { Graph } from "./stt-graph.ts";
import type { ModelFiles } from "./stt-files.ts";
import { hertzOf, SYMBOLS } from "./stt-tones.ts";

/** `<unk>`, `<s>` and `</s>` come first. */
const FIRST = 3;
const EOS = 2;
const VOCABULARY = FIRST + SYMBOLS.length;
const tokens = ["<unk>", "<s>", "</s>", ...SYMBOLS.map((symbol) => (symbol === " " ? "▁" : symbol))];
const written = (write: (token: string) => string): string => tokens.map((token, id) => `${write(token)}\t${id}\n`).join("");

/** A Moonshine in four files, as `sherpa-onnx-moonshine-*-int8` has it. */
export function moonshine(): ModelFiles {
  return { "preprocess.onnx": preprocessor(), "encode.int8.onnx": encoder(), "uncached_decode.int8.onnx": decoder(false), "cached_decode.int8.onnx": decoder(true), "tokens.txt": written((token) => token) };
}

/** A Moonshine in two files, the decoder with and without what it remembers in one, as its makers publish it. Its tokens' bytes are written in base64. */
export function moonshineMerged(): ModelFiles {
  const encoder = new Graph();
  encoder.output("last_hidden_state", "float", ["N", "T", 2], remembered(encoder, listen(encoder, encoder.input("input_values", "float", ["N", "samples"]))));
  return { "encoder_model.onnx": encoder.write(), "decoder_model_merged.onnx": mergedDecoder(), "tokens.txt": written((token) => Buffer.from(token).toString("base64")) };
}

function preprocessor(): Buffer {
  const graph = new Graph();
  const begun = listen(graph, graph.input("args_0", "float", ["N", "samples"]));
  graph.output("sequential", "float", ["N", "T", 1], graph.reshape(graph.toFloat(begun), [1, -1, 1]));
  return graph.write();
}

function encoder(): Buffer {
  const graph = new Graph();
  const begun = graph.toInt(graph.reshape(graph.input("args_0", "float", ["N", "T", 1]), [1, -1]));
  graph.input("args_1", "int32", ["N"]);
  graph.output("layer_normalization", "float", ["N", "T", 2], remembered(graph, begun));
  return graph.write();
}

function decoder(cached: boolean): Buffer {
  const graph = new Graph();
  graph.input("args_0", "int32", ["N", "n"]);
  const sound = graph.input("args_1", "float", ["N", "T", 2]);
  const length = graph.input("args_2", "int32", ["N"]);
  graph.output("reversible_embedding", "float", ["N", "n", VOCABULARY], nth(graph, sound, graph.toInt(length)));
  if (cached) graph.state("args_3", "functional", "float", ["N", 1]);
  else graph.output("functional", "float", ["N", 1], graph.floats([0], [1, 1]));
  return graph.write();
}

/** How many tokens there are it knows by how much it remembers. */
function mergedDecoder(): Buffer {
  const graph = new Graph();
  graph.input("input_ids", "int64", ["N", "n"]);
  const sound = graph.input("encoder_hidden_states", "float", ["N", "T", 2]);
  const shape = ["N", 1, "past", 1];
  const past = ["decoder.key", "decoder.value", "encoder.key", "encoder.value"].map((name) => graph.input(`past_key_values.0.${name}`, "float", shape));
  graph.input("use_cache_branch", "bool", [1]);
  const grown = graph.op("Concat", [past[0]!, graph.floats([0], [1, 1, 1, 1])], { axis: 2 });
  graph.output("logits", "float", ["N", "n", VOCABULARY], nth(graph, sound, graph.op("Gather", [graph.op("Shape", [grown]), graph.ints([2])])));
  for (const name of ["decoder.key", "decoder.value"]) graph.output(`present.0.${name}`, "float", shape, grown);
  for (const name of ["encoder.key", "encoder.value"]) graph.output(`present.0.${name}`, "float", shape, graph.floats([0, 0], [1, 1, 2, 1]));
  return graph.write();
}

const WINDOW = 400;
const HOP = 160;
/** Of a tone's half at least. */
const LOUD = 100;

/** Samples [1, n] to the symbol that begins in each frame of 10 ms [1, T]: the strongest of the tones, if it is loud. */
function listen(graph: Graph, samples: string): string {
  const waves = [Math.cos, Math.sin].flatMap((wave) => SYMBOLS.flatMap((symbol) => Array.from({ length: WINDOW }, (_, i) => wave((2 * Math.PI * hertzOf(symbol) * i) / 16_000) * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW)))));
  const parts = graph.op("Conv", [graph.reshape(samples, [1, 1, -1]), graph.floats(waves, [2 * SYMBOLS.length, 1, WINDOW])], { strides: [HOP], pads: [WINDOW / 2, WINDOW / 2] });
  const power = graph.op("ReduceSum", [graph.op("Mul", [graph.reshape(parts, [1, 2, SYMBOLS.length, -1]), graph.reshape(parts, [1, 2, SYMBOLS.length, -1])]), graph.ints([1])], { keepdims: 0 });
  const loud = graph.toInt(graph.op("Greater", [graph.op("ReduceMax", [power], { axes: [1], keepdims: 0 }), graph.float(LOUD)]));
  const strongest = graph.op("Add", [graph.op("ArgMax", [power], { axis: 1, keepdims: 0 }), graph.int(1)]);
  return beginnings(graph, graph.op("Mul", [strongest, loud]));
}

/** [1, T, 2]: the symbol that begins, and how many have begun. */
function remembered(graph: Graph, begun: string): string {
  return graph.toFloat(graph.op("Concat", [begun, counted(graph, begun)].map((value) => graph.op("Unsqueeze", [value, graph.ints([2])])), { axis: 2 }));
}

/** The scores [1, 1, vocabulary] of the token in place `n` of [1]; past the last it is `</s>`. */
function nth(graph: Graph, sound: string, n: string): string {
  const column = (index: number): string => graph.toInt(graph.op("Gather", [sound, graph.int(index)], { axis: 2 }));
  const symbol = graph.op("ReduceSum", [graph.op("Mul", [column(0), graph.toInt(graph.op("Equal", [column(1), n]))])], { keepdims: 1 });
  const token = graph.op("Where", [graph.op("Equal", [symbol, graph.int(0)]), graph.int(EOS), graph.op("Add", [symbol, graph.int(FIRST - 1)])]);
  return graph.reshape(graph.oneHot(token, VOCABULARY), [1, 1, VOCABULARY]);
}
