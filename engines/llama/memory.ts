import type { Llama, LlamaModel } from "node-llama-cpp";
import type { OpenLlama } from "./llama.ts";

/** Whether a model or a context did not fit, which something smaller would. */
export function isMemory(open: OpenLlama, error: unknown): boolean {
  return error instanceof open.library.InsufficientMemoryError || (error instanceof Error && /failed to create context|out of memory|unable to allocate/i.test(error.message));
}

/** node-llama-cpp estimates by trial, which itself takes all memory when far too much is asked; so what cannot fit is refused before. */
export async function checkMemory(open: OpenLlama, model: LlamaModel, tokens: number): Promise<void> {
  const needed = tokens * cacheBytesPerToken(model);
  const free = await freeMemory(open.llama);
  if (needed > free) throw new open.library.InsufficientMemoryError(`contexts of ${tokens} tokens need ${gigabytes(needed)} GB at least, ${gigabytes(free)} GB are free`);
}

/** Keys and values as half floats, in every layer; 0 for models that keep something else. */
export function cacheBytesPerToken(model: LlamaModel): number {
  const { block_count: layers, embedding_length: width, attention } = model.fileInfo.architectureMetadata;
  const heads = attention?.head_count;
  const headsKv = attention?.head_count_kv ?? heads;
  if (typeof layers !== "number" || typeof width !== "number" || typeof heads !== "number" || typeof headsKv !== "number" || heads === 0) return 0;
  const keys = attention?.key_length ?? width / heads;
  const values = attention?.value_length ?? width / heads;
  // A sliding window keeps less than every token.
  if (attention?.sliding_window !== undefined) return 0;
  return layers * headsKv * (keys + values) * 2;
}

async function freeMemory(llama: Llama): Promise<number> {
  const [ram, swap, vram] = await Promise.all([llama.getRamState(), llama.getSwapState(), llama.getVramState()]);
  return ram.free + (Number.isFinite(swap.maxSize) ? swap.maxSize - swap.used : 0) + vram.free;
}

const gigabytes = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);
