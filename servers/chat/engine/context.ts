import type { LlamaContext, LlamaModel } from "node-llama-cpp";
import type { OpenLlama } from "../../../engines/llama/llama.ts";
import { checkMemory, isMemory } from "../../../engines/llama/memory.ts";

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

const SMALLEST_CONTEXT = 1024;
