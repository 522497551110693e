import { ToolClient } from "pipe-tools/client";
import { Engine } from "../../servers/chat/engine/engine.ts";
import type { ChatMessage } from "../../servers/chat/engine/messages.ts";
import { here, start } from "../processes.ts";

export interface Asked {
  readonly messages: readonly ChatMessage[];
  readonly maxTokens: number;
}
export interface Answered {
  readonly text: string;
  readonly tokens: { readonly prompt: number; readonly reused: number; readonly reply: number };
  /** From the question to the first token, and to the end, in ms. */
  readonly first: number;
  readonly last: number;
}

/** The same model twice: in an engine of this process's own, and in a chat server behind its pipe. */
export interface Sides {
  readonly bare: (asked: Asked) => Promise<Answered>;
  readonly ours: (asked: Asked) => Promise<Answered>;
  close(): Promise<void>;
}

/** One thread each, so that both are the same, and no reply is drawn by chance. */
const SAMPLING = { temperature: 0, repeatPenalty: 1, seed: 1 };
const PARALLEL = 4;

export async function open(folder: string, model: string): Promise<Sides> {
  const engine = Engine.start({ tool: "chat", path: model, contextSize: 4096, parallel: PARALLEL, maxQueue: PARALLEL, threads: 1, gpu: false, gpuLayers: "auto", threadsCache: null, sampling: SAMPLING });
  await engine.load();
  const settings = { model, contextSize: 4096, parallel: PARALLEL, threads: 1, gpu: false, ...SAMPLING };
  await start(here("../servers/chat/main.js"), [], folder, { PIPE_TOOLS_TOOL: "chat", PIPE_TOOLS_SETTINGS: JSON.stringify(settings) }).line("model loaded");
  const client = await ToolClient.connect("chat", { folder });
  return {
    bare: async (asked) => {
      const begun = performance.now();
      let first = Number.NaN;
      const onToken = (): void => {
        if (Number.isNaN(first)) first = performance.now() - begun;
      };
      const { text, tokens } = await engine.generate(asked, { onToken });
      return { text, tokens, first, last: performance.now() - begun };
    },
    ours: async ({ messages, maxTokens }) => {
      const begun = performance.now();
      let [first, text] = [Number.NaN, ""];
      let tokens: Answered["tokens"] = { prompt: 0, reused: 0, reply: 0 };
      for await (const event of client.stream("chat", { messages: [...messages], maxTokens })) {
        if (Number.isNaN(first)) first = performance.now() - begun;
        if (typeof event["text"] === "string") text += event["text"];
        if (event.done === true) tokens = event["tokens"] as Answered["tokens"];
      }
      return { text, tokens, first, last: performance.now() - begun };
    },
    close: async () => {
      await client.close();
      await engine.stop();
    },
  };
}
