import { serveLlama } from "../../../../engines/llama/serve.ts";
import { embed } from "./embed.ts";
import { openModel } from "./load.ts";
import type { EmbeddingWork } from "./messages.ts";

await serveLlama<EmbeddingWork>("embedding", async (llama, request, onProgress) => {
  const model = await openModel(llama, request, onProgress);
  return { model: model.facts, answer: (request, signal) => embed(model, request, signal) };
});
