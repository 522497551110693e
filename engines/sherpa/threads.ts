import { availableParallelism } from "node:os";

/** `threads:` of a server's settings as sherpa-onnx's `numThreads`: more than four make no speech model faster. */
export function threadCount(threads: number | "auto"): number {
  return threads === "auto" ? Math.max(1, Math.min(MOST, availableParallelism())) : threads;
}

const MOST = 4;
