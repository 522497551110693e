import { coarser, hear, KALDI } from "./stt-ear.ts";
import { Graph } from "./stt-graph.ts";
import { SYMBOLS } from "./stt-tones.ts";
import type { ModelFiles } from "./stt-files.ts";

/** Blank, and each symbol in the place of its number; a space is written as sentencepiece does. */
const VOCABULARY = 1 + SYMBOLS.length;
const zipformerTokens = ["<blk>", ...SYMBOLS.map((symbol) => (symbol === " " ? "▁" : symbol))].map((token, id) => `${token} ${id}\n`).join("");

/** Frames of 10 ms that a chunk has, and by how many the next one is further. */
const CHUNK = 45;
const SHIFT = 32;
const SUBSAMPLING = 4;
/** Of silence, as a logarithm; the tones are far above. */
const QUIET = { least: -3 };

/** A streaming Zipformer as `sherpa-onnx-streaming-zipformer-*` has it. */
export function streamingZipformer(): ModelFiles {
  const encoder = new Graph();
  hearChunk(encoder, "encoder_out");
  return {
    "encoder-epoch-99-avg-1.int8.onnx": encoder.write({ model_type: "zipformer2", version: 1, ...STATES }),
    "decoder-epoch-99-avg-1.onnx": decoder(),
    "joiner-epoch-99-avg-1.int8.onnx": joiner(),
    "tokens.txt": zipformerTokens,
  };
}

/** As `sherpa-onnx-streaming-zipformer-ctc-*`. */
export function streamingZipformerCtc(): ModelFiles {
  const model = new Graph();
  hearChunk(model, "log_probs");
  return { "ctc-epoch-30-avg-3-chunk-16-left-128.int8.onnx": model.write({ model_type: "zipformer2", version: 1, ...STATES }), "tokens.txt": zipformerTokens };
}

/** As `sherpa-onnx-zipformer-*`: the whole utterance at once. */
export function zipformer(): ModelFiles {
  const encoder = new Graph();
  const lengths = hearWhole(encoder, "encoder_out");
  encoder.output("encoder_out_lens", "int64", ["N"], lengths);
  return { "encoder-epoch-34-avg-19.int8.onnx": encoder.write({ model_type: "zipformer2", version: 1 }), "decoder-epoch-34-avg-19.onnx": decoder(), "joiner-epoch-34-avg-19.int8.onnx": joiner(), "tokens.txt": zipformerTokens };
}

/** As `sherpa-onnx-zipformer-ctc-*`. */
export function zipformerCtc(): ModelFiles {
  const model = new Graph();
  const lengths = hearWhole(model, "log_probs");
  model.output("log_probs_len", "int64", ["N"], lengths);
  return { "model.int8.onnx": model.write({ model_type: "zipformer2_ctc", version: 1 }), "tokens.txt": zipformerTokens };
}

/** One encoder of one layer, with the smallest states there can be. */
const STATES = { T: CHUNK, decode_chunk_len: SHIFT, encoder_dims: "4", query_head_dims: "1", value_head_dims: "1", num_heads: "1", num_encoder_layers: "1", cnn_module_kernels: "3", left_context_len: "2" };

/**
 * What begins in a chunk's first frames, as `output`. The last two symbols of the chunk before are in a state of the encoder.
 * sherpa-onnx takes the first output for what was heard, and those after it for the states, in their order.
 */
function hearChunk(graph: Graph, output: string): void {
  const x = graph.input("x", "float", ["N", CHUNK, KALDI.count]);
  const earlier = graph.input("cached_key_0", "float", [2, "N", 1]);
  const frames = (value: string, from: number): string => graph.op("Slice", [value, graph.ints([from]), graph.ints([SHIFT]), graph.ints([1])]);
  const heard = hear(graph, frames(x, 0), KALDI, QUIET, graph.toInt(graph.reshape(earlier, [1, 2])));
  graph.output(output, "float", ["N", SHIFT / SUBSAMPLING, VOCABULARY], graph.oneHot(coarser(graph, heard.begun, SUBSAMPLING), VOCABULARY));
  graph.output("new_cached_key_0", "float", [2, "N", 1], graph.reshape(graph.toFloat(frames(heard.sounding, SHIFT - 2)), [2, 1, 1]));
  graph.state("cached_nonlin_attn_0", "new_cached_nonlin_attn_0", "float", [1, "N", 2, 3]);
  for (const name of ["cached_val1_0", "cached_val2_0"]) graph.state(name, `new_${name}`, "float", [2, "N", 1]);
  for (const name of ["cached_conv1_0", "cached_conv2_0"]) graph.state(name, `new_${name}`, "float", ["N", 4, 1]);
  graph.state("embed_states", "new_embed_states", "float", ["N", 128, 3, 19]);
  graph.state("processed_lens", "new_processed_lens", "int64", ["N"]);
}

function hearWhole(graph: Graph, output: string): string {
  const x = graph.input("x", "float", ["N", "T", KALDI.count]);
  const lengths = graph.input("x_lens", "int64", ["N"]);
  const { begun } = hear(graph, x, KALDI, QUIET);
  graph.output(output, "float", ["N", "T4", VOCABULARY], graph.oneHot(coarser(graph, begun, SUBSAMPLING), VOCABULARY));
  return graph.op("Div", [graph.op("Add", [lengths, graph.int(SUBSAMPLING - 1)]), graph.int(SUBSAMPLING)]);
}

function decoder(): Buffer {
  const graph = new Graph();
  const y = graph.input("y", "int64", ["N", 2]);
  const nothing = graph.op("MatMul", [graph.toFloat(y), graph.floats(new Float32Array(2 * VOCABULARY), [2, VOCABULARY])]);
  graph.output("decoder_out", "float", ["N", VOCABULARY], nothing);
  return graph.write({ vocab_size: VOCABULARY, context_size: 2 });
}

function joiner(): Buffer {
  const graph = new Graph();
  const sum = graph.op("Add", [graph.input("encoder_out", "float", ["N", VOCABULARY]), graph.input("decoder_out", "float", ["N", VOCABULARY])]);
  graph.output("logit", "float", ["N", VOCABULARY], sum);
  return graph.write({ joiner_dim: VOCABULARY });
}
