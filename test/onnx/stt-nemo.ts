import { type Bins, coarser, hear, NEMO, WHOLE } from "./stt-ear.ts";
import { Graph } from "./stt-graph.ts";
import type { ModelFiles } from "./stt-files.ts";
import { SYMBOLS } from "./stt-tones.ts";

/** NeMo's blank comes last, and is not counted. */
const VOCABULARY = SYMBOLS.length + 1;
const tokens = [...SYMBOLS.map((symbol) => (symbol === " " ? "▁" : symbol)), "<blk>"].map((token, id) => `${token} ${id}\n`).join("");
const SUBSAMPLING = 4;
const QUIET = { below: 8 };
const FACTS = { vocab_size: VOCABULARY - 1, normalize_type: "NA", subsampling_factor: SUBSAMPLING };

/** A Parakeet: a transducer that says with each token for how many frames it lasts (TDT), as `sherpa-onnx-nemo-parakeet-tdt-*` has it. */
export function parakeet(): ModelFiles {
  const encoder = new Graph();
  const symbols = hearAll(encoder, NEMO);
  const scores = encoder.op("Gather", [encoder.floats(tokensAndDurations().flat(), [VOCABULARY, WIDTH]), symbols]);
  encoder.output("outputs", "float", ["B", WIDTH, "T4"], encoder.op("Transpose", [scores], { perm: [0, 2, 1] }));
  encoder.output("encoded_lengths", "int64", ["B"], lengthOf(encoder, symbols));
  return {
    "encoder.int8.onnx": encoder.write({ ...FACTS, model_type: "EncDecRNNTBPEModel", pred_rnn_layers: 1, pred_hidden: 2, feat_dim: NEMO.count, url: "https://huggingface.co/nvidia/parakeet-tdt-0.6b-v2" }),
    "decoder.int8.onnx": decoder(),
    "joiner.int8.onnx": joiner(),
    "tokens.txt": tokens,
  };
}

/** As `sherpa-onnx-nemo-ctc-*`. */
export function nemoCtc(): ModelFiles {
  const model = new Graph();
  const symbols = hearAll(model, WHOLE);
  const rows = Array.from({ length: VOCABULARY }, (_, symbol) => oneHot(VOCABULARY, tokenOf(symbol)));
  model.output("logprobs", "float", ["B", "T4", VOCABULARY], model.op("Gather", [model.floats(rows.flat(), [VOCABULARY, VOCABULARY]), symbols]));
  return { "model.int8.onnx": model.write({ ...FACTS, model_type: "EncDecCTCModelBPE" }), "tokens.txt": tokens };
}

/** 0, 1 or 2 frames. */
const DURATIONS = 3;
const WIDTH = VOCABULARY + DURATIONS;
const tokenOf = (symbol: number): number => (symbol === 0 ? VOCABULARY - 1 : symbol - 1);
const oneHot = (width: number, at: number): number[] => Array.from({ length: width }, (_, index) => (index === at ? 10 : 0));

function tokensAndDurations(): number[][] {
  return Array.from({ length: VOCABULARY }, (_, symbol) => [...oneHot(VOCABULARY, tokenOf(symbol)), ...oneHot(DURATIONS, symbol === 0 ? 1 : 2)]);
}

/** [1, T / 4]: the symbol that begins, 0 for none. */
function hearAll(graph: Graph, bins: Bins): string {
  const signal = graph.input("audio_signal", "float", ["B", bins.count, "T"]);
  graph.input("length", "int64", ["B"]);
  return coarser(graph, hear(graph, graph.op("Transpose", [signal], { perm: [0, 2, 1] }), bins, QUIET).begun, SUBSAMPLING);
}

function lengthOf(graph: Graph, symbols: string): string {
  return graph.op("Gather", [graph.op("Shape", [symbols]), graph.ints([1])]);
}

function decoder(): Buffer {
  const graph = new Graph();
  const targets = graph.input("targets", "int32", ["B", "U"]);
  const length = graph.input("target_length", "int32", ["B"]);
  const nothing = graph.op("Mul", [graph.reshape(graph.toFloat(targets), [1, 1, 1]), graph.float(0)]);
  graph.output("outputs", "float", ["B", 1, "U"], nothing);
  graph.output("prednet_lengths", "int32", ["B"], length);
  for (const name of ["states.1", "onnx::Slice_3"]) graph.state(name, `next_${name}`, "float", [1, "B", 2]);
  return graph.write();
}

function joiner(): Buffer {
  const graph = new Graph();
  const sum = graph.op("Add", [graph.input("encoder_outputs", "float", ["B", WIDTH, "T"]), graph.input("decoder_outputs", "float", ["B", 1, "U"])]);
  graph.output("outputs", "float", ["B", "T", "U", WIDTH], graph.reshape(sum, [1, 1, 1, WIDTH]));
  return graph.write();
}
