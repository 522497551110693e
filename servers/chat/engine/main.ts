import { serveLlama } from "../../../engines/llama/serve.ts";
import { openModel } from "./load.ts";
import type { ChatWork } from "./messages.ts";
import { reply } from "./reply.ts";

await serveLlama<ChatWork>("chat", async (llama, request, onProgress) => {
  const model = await openModel(llama, request, onProgress);
  return {
    model: model.facts,
    answer: (request, signal, onPart) =>
      reply(model, request, signal, {
        onToken: (token) => onPart({ type: "token", token }),
        onPrompt: (value, total) => onPart({ type: "prompt", value, total }),
      }),
  };
});
