import { checkGguf } from "../../models/header.ts";
import type { LoadProgress } from "../engine.ts";
import { openChannel } from "../process/channel.ts";
import type { Work } from "../process/messages.ts";
import { type Loaded, serveEngine } from "../process/serve.ts";
import { type OpenLlama, openLlama } from "./llama.ts";
import type { LlamaLoadRequest } from "./request.ts";

/** The whole of an engine's program: `open` makes of llama.cpp and a model's file something that answers. `name` is what it does, for messages. */
export async function serveLlama<W extends Work & { readonly load: LlamaLoadRequest }>(name: string, open: (llama: OpenLlama, request: W["load"], onProgress: (progress: LoadProgress) => void) => Promise<Loaded<W>>): Promise<void> {
  const channel = openChannel<W>();
  if (channel === null) return;
  await serveEngine(channel, {
    name,
    open: () => import("node-llama-cpp"),
    load: async (library, request, { onProgress, log }) => {
      // Before the library is opened: a file that is none should be named in milliseconds.
      await checkGguf(request.path);
      return open(await openLlama(library, request, log), request, onProgress);
    },
  });
}
