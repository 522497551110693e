import { serveLlama } from "../../../engines/llama/serve.ts";
import { count } from "./count.ts";
import { Embedding } from "./embedding.ts";
import { openModel } from "./load.ts";
import type { ChatWork } from "./messages.ts";
import { reply } from "./reply.ts";

await serveLlama<ChatWork>("chat", async (llama, request, onProgress) => {
  const model = await openModel(llama, request, onProgress);
  const embedding = new Embedding(model);
  return {
    model: model.facts,
    answer: async (request, signal, onPart) => {
      switch (request.kind) {
        case "embed":
          return embedding.of(request.texts, signal);
        case "count":
          return count(model, request);
        case "generate":
          return reply(model, request.generate, signal, {
            onToken: (token) => onPart({ type: "token", token }),
            onPrompt: (value, total) => onPart({ type: "prompt", value, total }),
          });
      }
    },
  };
});
