import { counted, hear, WHOLE } from "./stt-ear.ts";
import { Graph } from "./stt-graph.ts";
import type { ModelFiles } from "./stt-files.ts";
import { SYMBOLS } from "./stt-tones.ts";

/** A token is two symbols, for sherpa-onnx ends a text after six tokens a second; the second may be none. */
const SECONDS = SYMBOLS.length + 1;
const PAIRS = SECONDS * SECONDS;
/** The model's own marks come after the text's tokens, the one that ends a text first. */
const SPECIAL = { eot: PAIRS, sot: PAIRS + 1, en: PAIRS + 2, de: PAIRS + 3, transcribe: PAIRS + 4, translate: PAIRS + 5, no_speech: PAIRS + 6, no_timestamps: PAIRS + 7 };
const VOCABULARY = PAIRS + 8;
const CONTEXT = 448;
/** Before the first token of text: sot, language, task, no_timestamps. */
const PROMPT = 4;

/** A multilingual Whisper as `sherpa-onnx-whisper-*` has it. With `attention` it shows what its decoder looks at, from which sherpa-onnx reads when a token was spoken. */
export function whisper({ attention = true }: { readonly attention?: boolean } = {}): ModelFiles {
  return { "tiny-encoder.int8.onnx": encoder(), "tiny-decoder.int8.onnx": decoder(attention), "tiny-tokens.txt": tokens() };
}

/** What stands for the sound is for each frame the symbol that begins, and how many have begun. */
function encoder(): Buffer {
  const graph = new Graph();
  const mel = graph.input("mel", "float", ["N", WHOLE.count, "T"]);
  const { sounding, begun } = hear(graph, graph.op("Transpose", [mel], { perm: [0, 2, 1] }), WHOLE, { below: 0.6 });
  const count = counted(graph, begun);
  // Frames after the last tone are what the end of the text looks at.
  const later = graph.op("CumSum", [sounding, graph.int(1)], { reverse: 1 });
  const all = graph.op("ReduceMax", [count], { keepdims: 0 });
  const past = graph.op("Add", [graph.op("Mul", [graph.op("Div", [graph.op("Add", [all, graph.int(1)]), graph.int(2)]), graph.int(2)]), graph.int(1)]);
  const place = graph.op("Where", [graph.op("Equal", [later, graph.int(0)]), past, count]);
  const shape = [1, "N", "T", 1];
  graph.output("n_layer_cross_k", "float", shape, graph.reshape(graph.toFloat(begun), [1, 1, -1, 1]));
  graph.output("n_layer_cross_v", "float", shape, graph.reshape(graph.toFloat(place), [1, 1, -1, 1]));
  const { sot, en, de, ...special } = SPECIAL;
  return graph.write({
    ...special,
    model_type: "whisper-tiny", n_mels: WHOLE.count, n_text_layer: 1, n_text_ctx: CONTEXT, n_text_state: 1, n_vocab: VOCABULARY, sot, blank_id: SECONDS,
    sot_sequence: `${sot},${en},${special.transcribe}`, is_multilingual: 1, all_language_tokens: `${en},${de}`, all_language_codes: "en,de", n_alignment_heads: 1,
  });
}

function decoder(attention: boolean): Buffer {
  const graph = new Graph();
  const read = graph.input("tokens", "int64", ["N", "n"]);
  const self = ["n_layer_self_k_cache", "n_layer_self_v_cache"];
  for (const name of self) graph.input(`in_${name}`, "float", [1, "N", CONTEXT, 1]);
  const begun = graph.toInt(graph.reshape(graph.input("n_layer_cross_k", "float", [1, "N", "T", 1]), [-1]));
  const place = graph.toInt(graph.reshape(graph.input("n_layer_cross_v", "float", [1, "N", "T", 1]), [-1]));
  const offset = graph.input("offset", "int64", [1]);
  const rows = graph.op("Gather", [graph.op("Shape", [read]), graph.ints([1])]);
  // How many tokens of text there are already.
  const written = graph.op("Sub", [graph.op("Add", [offset, rows]), graph.int(PROMPT)]);
  const nth = (n: string): string => graph.op("ReduceSum", [graph.op("Mul", [begun, graph.toInt(graph.op("Equal", [place, n]))])], { keepdims: 1 });
  const first = graph.op("Add", [graph.op("Mul", [written, graph.int(2)]), graph.int(1)]);
  const pair = graph.op("Add", [graph.op("Mul", [nth(first), graph.int(SECONDS)]), nth(graph.op("Add", [first, graph.int(1)]))]);
  const token = graph.op("Where", [graph.op("Equal", [pair, graph.int(0)]), graph.int(SPECIAL.eot), pair]);
  const logits = graph.op("Expand", [graph.reshape(graph.oneHot(token, VOCABULARY), [1, 1, VOCABULARY]), graph.op("Concat", [graph.ints([1]), rows, graph.ints([VOCABULARY])], { axis: 0 })]);
  graph.output("logits", "float", ["N", "n", VOCABULARY], logits);
  for (const name of self) graph.output(`out_${name}`, "float", [1, "N", CONTEXT, 1], `in_${name}`);
  if (attention) graph.output("cross_attention_weights", "float", ["N", 1, "n", "T2"], looking(graph, place, offset, rows));
  return graph.write();
}

/** The row of a token is bright in the frames (of 20 ms) of the token that comes next: [1, 1, rows, frames]. */
function looking(graph: Graph, place: string, offset: string, rows: string): string {
  const halves = graph.op("Slice", [place, graph.ints([0]), graph.ints([1 << 30]), graph.ints([0]), graph.ints([2])]);
  // The two symbols of token n are the ones 2n + 1 and 2n + 2; before the first there are none.
  const ofFrame = graph.op("Sub", [graph.op("Div", [graph.op("Add", [halves, graph.int(1)]), graph.int(2)]), graph.int(1)]);
  const from = graph.op("Sub", [offset, graph.int(PROMPT - 1)]);
  const ofRow = graph.op("Range", [graph.op("Squeeze", [from]), graph.op("Squeeze", [graph.op("Add", [from, rows])]), graph.int(1)]);
  const same = graph.toFloat(graph.op("Equal", [graph.op("Unsqueeze", [ofRow, graph.ints([1])]), graph.op("Unsqueeze", [ofFrame, graph.ints([0])])]));
  return graph.op("Unsqueeze", [graph.op("Mul", [same, graph.float(10)]), graph.ints([0, 1])]);
}

/** Each token's bytes are written in base64. */
function tokens(): string {
  const symbol = (number: number): string => SYMBOLS[number - 1] ?? "";
  const pairs = Array.from({ length: PAIRS }, (_, id) => symbol(Math.floor(id / SECONDS)) + symbol(id % SECONDS));
  return pairs.map((text, id) => `${Buffer.from(text === "" ? "?" : text).toString("base64")} ${id}\n`).join("");
}
