import type { Llama, LlamaContext, LlamaModel } from "node-llama-cpp";
import type { OpenLlama } from "./llama.ts";

export interface ContextWish {
  /** Tokens of one conversation. */
  readonly contextSize: number;
  readonly parallel: number;
  readonly threads: number;
  /** The settings name `contextSize`, so it must not be made smaller. */
  readonly fixed: boolean;
}

/** Fewer replies at a time, then (unless the settings name a size) shorter conversations, until it fits. @throws what `isMemory` knows */
export async function openContext(open: OpenLlama, model: LlamaModel, wish: ContextWish): Promise<LlamaContext> {
  let { contextSize, parallel } = wish;
  for (;;) {
    try {
      await checkMemory(open, model, contextSize * parallel);
      return await model.createContext({ contextSize, sequences: parallel, threads: { ideal: wish.threads, min: wish.threads } });
    } catch (error) {
      if (!isMemory(open, error)) throw error;
      if (parallel > 1) parallel = Math.floor(parallel / 2);
      else if (!wish.fixed && contextSize > SMALLEST_CONTEXT) contextSize = Math.max(SMALLEST_CONTEXT, Math.floor(contextSize / 2));
      else throw error;
    }
  }
}

export function isMemory(open: OpenLlama, error: unknown): boolean {
  return error instanceof open.library.InsufficientMemoryError || (error instanceof Error && /failed to create context|out of memory|unable to allocate/i.test(error.message));
}

const SMALLEST_CONTEXT = 1024;

/** node-llama-cpp estimates by trial, which itself takes all memory when far too much is asked; so what cannot fit is refused before. */
async function checkMemory(open: OpenLlama, model: LlamaModel, tokens: number): Promise<void> {
  const needed = tokens * cacheBytesPerToken(model);
  const free = await freeMemory(open.llama);
  if (needed > free) throw new open.library.InsufficientMemoryError(`contexts of ${tokens} tokens need ${gigabytes(needed)} GB at least, ${gigabytes(free)} GB are free`);
}

/** Keys and values as half floats, in every layer; 0 for models that keep something else. */
function cacheBytesPerToken(model: LlamaModel): number {
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
