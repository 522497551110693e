import type { LlamaEmbeddingContext } from "node-llama-cpp";
import { ToolError } from "../../../../pipes/protocol/errors.ts";
import { isBlank, normalize } from "../vectors.ts";
import { type OpenModel, ROOM } from "./load.ts";
import type { EmbedRequest, EmbedResult } from "./messages.ts";

/**
 * The vectors of some texts, one after another in one context: node-llama-cpp evaluates one text at a time in each. No signal
 * interrupts an evaluation, so it is looked at between them. llama.cpp's own vectors have any length.
 * @throws ToolError `embedding-failed`, or what `signal` was aborted with
 */
export async function embed(open: OpenModel, { texts, kind }: EmbedRequest, signal: AbortSignal): Promise<EmbedResult> {
  const context = open.idle.pop();
  if (context === undefined) throw new Error("more requests at once than contexts");
  try {
    const { dimensions, prefixes } = open.facts;
    const vectors = new Float32Array(texts.length * dimensions);
    let truncated = 0;
    for (const [index, text] of texts.entries()) {
      signal.throwIfAborted();
      if (isBlank(text)) continue;
      const tokens = open.model.tokenize(prefixes[kind] + text);
      const limit = open.facts.contextSize - ROOM;
      if (tokens.length > limit) truncated++;
      vectors.set(await vectorOf(context, tokens.slice(0, limit), dimensions), index * dimensions);
    }
    return { vectors, truncated };
  } finally {
    open.idle.push(context);
  }
}

async function vectorOf(context: LlamaEmbeddingContext, tokens: ReturnType<LlamaEmbeddingContext["model"]["tokenize"]>, dimensions: number): Promise<Float32Array> {
  const { vector } = await context.getEmbeddingFor(tokens);
  if (vector.length !== dimensions) throw new ToolError("embedding-failed", { reason: `the model made a vector of ${vector.length} numbers, expected ${dimensions}` });
  if (!vector.every(Number.isFinite)) throw new ToolError("embedding-failed", { reason: "the model made a vector with something in it that is no number" });
  return normalize(Float32Array.from(vector));
}
