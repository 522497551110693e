import assert from "node:assert/strict";
import type { LlamaContext, LlamaModel } from "node-llama-cpp";
import { describe, test } from "node:test";
import { type ContextWish, openContext } from "../../../../servers/chat/engine/context.ts";
import type { OpenLlama } from "../../../../engines/llama/llama.ts";

class InsufficientMemoryError extends Error {}

/** A library that has memory for so many tokens of context, and a model that wants 2 MB for each. */
function machine(tokens: number): { open: OpenLlama; model: LlamaModel; asked: string[] } {
  const asked: string[] = [];
  const memory = { getRamState: async () => ({ free: 2 ** 40 }), getSwapState: async () => ({ maxSize: 0, used: 0 }), getVramState: async () => ({ free: 0 }) };
  const createContext = async ({ contextSize, sequences }: { contextSize: number; sequences: number }): Promise<LlamaContext> => {
    asked.push(`${sequences} × ${contextSize}`);
    if (contextSize * sequences > tokens) throw new InsufficientMemoryError("too large");
    return { contextSize, totalSequences: sequences } as LlamaContext;
  };
  const architectureMetadata = { block_count: 1, embedding_length: 2 ** 19, attention: { head_count: 1 } };
  return {
    open: { library: { InsufficientMemoryError }, llama: memory } as unknown as OpenLlama,
    model: { createContext, fileInfo: { architectureMetadata } } as unknown as LlamaModel,
    asked,
  };
}

describe("contexts", () => {
  const wish: ContextWish = { contextSize: 8192, parallel: 4, threads: 1, fixed: false };

  test("become fewer first, then shorter, until they fit", async () => {
    const { open, model, asked } = machine(3000);
    const { contextSize, totalSequences } = await openContext(open, model, wish);
    assert.deepEqual({ contextSize, totalSequences }, { contextSize: 2048, totalSequences: 1 });
    assert.deepEqual(asked, ["4 × 8192", "2 × 8192", "1 × 8192", "1 × 4096", "1 × 2048"]);
  });

  test("are never shorter than the settings say", async () => {
    const { open, model, asked } = machine(3000);
    await assert.rejects(openContext(open, model, { ...wish, fixed: true }), InsufficientMemoryError);
    assert.deepEqual(asked, ["4 × 8192", "2 × 8192", "1 × 8192"]);
  });

  test("that cannot fit are not even tried", async () => {
    const { open, model, asked } = machine(Number.POSITIVE_INFINITY);
    assert.equal((await openContext(open, model, { ...wish, contextSize: 300_000, fixed: true })).totalSequences, 1);
    assert.deepEqual(asked, ["1 × 300000"]);
  });
});
