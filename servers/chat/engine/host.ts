import { ToolError } from "../../../pipes/protocol/errors.ts";
import { checkGguf } from "../../../models/header.ts";
import { openLlama } from "./llama.ts";
import { openModel, type OpenModel } from "./load.ts";
import type { Command, GenerateRequest, LoadRequest, Report, WireError } from "./messages.ts";
import { reply } from "./reply.ts";

export interface Channel {
  readonly send: (report: Report) => void;
  readonly onCommand: (take: (command: Command) => void) => void;
}

/** The engine's end of the channel: one model for the life of the process, several replies at a time. */
export async function serveEngine({ send, onCommand }: Channel): Promise<void> {
  const waiting: Command[] = [];
  let take = (command: Command): unknown => waiting.push(command);
  onCommand((command) => take(command));
  send({ type: "progress", progress: { stage: "starting", value: 0, total: 1 } });
  const library = await import("node-llama-cpp");
  send({ type: "started" });

  let model: OpenModel | null = null;
  const running = new Map<number, AbortController>();

  const load = async (request: LoadRequest): Promise<void> => {
    const begun = performance.now();
    try {
      // Before the library is opened: a file that is none should be named in milliseconds.
      await checkGguf(request.path);
      const llama = await openLlama(library, request, (level, message) => send({ type: "log", level, message }));
      model = await openModel(llama, request, (progress) => send({ type: "progress", progress }));
      send({ type: "loaded", model: { ...model.facts, seconds: (performance.now() - begun) / 1000 } });
    } catch (error) {
      send({ type: "load-failed", error: wireError(ToolError.from(error, "model-corrupt", { path: request.path })) });
    }
  };
  const generate = async (id: number, request: GenerateRequest): Promise<void> => {
    const cancel = new AbortController();
    running.set(id, cancel);
    try {
      if (model === null) throw new Error("no model is loaded");
      const result = await reply(model, request, cancel.signal, {
        onToken: (token) => send({ type: "token", id, token }),
        onPrompt: (value, total) => send({ type: "prompt", id, value, total }),
      });
      send({ type: "done", id, result });
    } catch (error) {
      send({ type: "failed", id, error: wireError(ToolError.from(error, "handler-failed", { cmd: "chat" })) });
    } finally {
      running.delete(id);
    }
  };

  take = (command) => {
    switch (command.type) {
      case "load":
        return void load(command.request);
      case "generate":
        return void generate(command.id, command.request);
      case "cancel":
        return running.get(command.id)?.abort(new ToolError("cancelled"));
    }
  };
  for (const command of waiting) take(command);
}

function wireError({ code, facts }: ToolError): WireError {
  return { code, facts };
}
