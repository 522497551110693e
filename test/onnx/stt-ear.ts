import type { Graph } from "./stt-graph.ts";
import { SYMBOLS, hertzOf } from "./stt-tones.ts";

/** How sherpa-onnx turns sound into bins before a model sees it, as far as it matters here: which frequency each bin stands for. */
export interface Bins {
  readonly count: number;
  readonly mel: (hertz: number) => number;
  readonly low: number;
  readonly high: number;
}
export const KALDI: Bins = { count: 80, mel: (hertz) => 1127 * Math.log(1 + hertz / 700), low: 20, high: 7600 };
const slaney = (hertz: number): number => (hertz < 1000 ? hertz / (200 / 3) : 15 + (Math.log(hertz / 1000) * 27) / Math.log(6.4));
/** NeMo's transducers leave out the topmost frequencies, its CTC models do not. */
export const NEMO: Bins = { count: 80, mel: slaney, low: 0, high: 7600 };
export const WHOLE: Bins = { count: 80, mel: slaney, low: 0, high: 8000 };

/** For each bin the symbol whose tone is heard in it, 0 for none: 1 is the first of `SYMBOLS`. */
function symbolOfBin({ count, mel, low, high }: Bins): number[] {
  const step = (mel(high) - mel(low)) / (count + 1);
  const tones = SYMBOLS.map((symbol) => mel(hertzOf(symbol)));
  return Array.from({ length: count }, (_, bin) => {
    const centre = mel(low) + (bin + 1) * step;
    const distances = tones.map((tone) => Math.abs(tone - centre));
    const nearest = distances.indexOf(Math.min(...distances));
    return distances[nearest]! < step * 1.5 ? nearest + 1 : 0;
  });
}

export interface Heard {
  /** [1, T]: which symbol sounds in each frame, 0 for none. */
  readonly sounding: string;
  /** [1, T]: the symbol in the frame in which its tone is certain, else 0. */
  readonly begun: string;
}

/**
 * Which tone begins when, of features [1, T, bins]. `quiet` is how far below the loudest frame silence begins, or, as an
 * absolute loudness, the least that is heard. `before` are the two frames before the first, [1, 2]; silence by default.
 */
export function hear(graph: Graph, features: string, bins: Bins, quiet: { readonly below: number } | { readonly least: number }, before?: string): Heard {
  const loudness = graph.op("ReduceMax", [features], { axes: [2], keepdims: 0 });
  const least = "least" in quiet ? graph.float(quiet.least) : graph.op("Sub", [graph.op("ReduceMax", [loudness], { keepdims: 0 }), graph.float(quiet.below)]);
  const loud = graph.toInt(graph.op("Greater", [loudness, least]));
  const bin = graph.op("ArgMax", [features], { axis: 2, keepdims: 0 });
  const sounding = graph.op("Mul", [graph.op("Gather", [graph.ints(symbolOfBin(bins)), bin]), loud]);
  return { sounding, begun: beginnings(graph, sounding, before) };
}

/** The second frame in a row with the same symbol: one alone may be a click. [1, T] */
export function beginnings(graph: Graph, sounding: string, before: string = graph.ints([0, 0], [1, 2])): string {
  const all = graph.op("Concat", [before, sounding], { axis: 1 });
  const back = (frames: number): string => graph.op("Slice", [all, graph.ints([2 - frames]), graph.ints([-frames]), graph.ints([1])]);
  const second = graph.op("And", [graph.op("Equal", [sounding, back(1)]), graph.op("Not", [graph.op("Equal", [sounding, back(2)])])]);
  return graph.op("Mul", [sounding, graph.toInt(second)]);
}

/** Frames [1, T] that are `factor` times as long: [1, T / factor], rounded up. */
export function coarser(graph: Graph, begun: string, factor: number): string {
  const longer = graph.op("MaxPool", [graph.op("Unsqueeze", [graph.toFloat(begun), graph.ints([1])])], { kernel_shape: [factor], strides: [factor], ceil_mode: 1 });
  return graph.toInt(graph.op("Squeeze", [longer, graph.ints([1])]));
}

/** How many tones have begun up to each frame. [1, T] */
export function counted(graph: Graph, begun: string): string {
  const any = graph.toInt(graph.op("Greater", [begun, graph.int(0)]));
  return graph.op("CumSum", [any, graph.int(1)]);
}
