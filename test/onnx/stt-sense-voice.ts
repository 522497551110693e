import { type Bins, coarser, hear, KALDI } from "./stt-ear.ts";
import type { ModelFiles } from "./stt-files.ts";
import { Graph } from "./stt-graph.ts";
import { SYMBOLS } from "./stt-tones.ts";

const BINS: Bins = { ...KALDI, high: 8000 };
/** Frames side by side, and by how many the next are further. */
const WINDOW = 7;
const SHIFT = 6;
/** Before the text it writes the language, the mood, what is heard, and whether numbers are written as such. */
const SPECIAL = ["<|en|>", "<|zh|>", "<|NEUTRAL|>", "<|Speech|>", "<|withitn|>"];
const tokens = ["<unk>", ...SYMBOLS.map((symbol) => (symbol === " " ? "▁" : symbol)), ...SPECIAL];
const VOCABULARY = tokens.length;
const special = (token: string): number => tokens.indexOf(token);

/** As `sherpa-onnx-sense-voice-*`. */
export function senseVoice(): ModelFiles {
  const graph = new Graph();
  const x = graph.input("x", "float", ["N", "T", WINDOW * BINS.count]);
  for (const name of ["x_length", "language", "text_norm"]) graph.input(name, "int32", ["N"]);
  const frames = graph.reshape(graph.op("Slice", [x, graph.ints([0]), graph.ints([SHIFT * BINS.count]), graph.ints([2])]), [1, -1, BINS.count]);
  const begun = coarser(graph, hear(graph, frames, BINS, { below: 8 }).begun, SHIFT);
  const before = graph.ints(["<|en|>", "<|NEUTRAL|>", "<|Speech|>", "<|withitn|>"].map(special), [1, 4]);
  graph.output("logits", "float", ["N", "T4", VOCABULARY], graph.oneHot(graph.op("Concat", [before, begun], { axis: 1 }), VOCABULARY));
  const facts = { model_type: "sense_voice_ctc", vocab_size: VOCABULARY, blank_id: 0, normalize_samples: 0, lfr_window_size: WINDOW, lfr_window_shift: SHIFT, with_itn: 14, without_itn: 15 };
  const languages = { lang_auto: 0, lang_zh: 3, lang_en: 4, lang_yue: 7, lang_ja: 11, lang_ko: 12 };
  const as = (value: number): string => Array.from({ length: WINDOW * BINS.count }, () => value).join(",");
  return { "model.int8.onnx": graph.write({ ...facts, ...languages, neg_mean: as(0), inv_stddev: as(1) }), "tokens.txt": tokens.map((token, id) => `${token} ${id}\n`).join("") };
}
