import { ToolError } from "../../pipes/protocol/errors.ts";
import type { LoadProgress, LogLevel } from "../engine.ts";
import type { Channel } from "./channel.ts";
import { Inputs } from "./inputs.ts";
import type { Command, WireError, Work } from "./messages.ts";

/** An engine's program, without what it says to its server. */
export interface Program<W extends Work, Library> {
  /** What it does, for messages. */
  readonly name: string;
  /** Takes a moment, and is begun before there is a model. */
  readonly open: () => Promise<Library>;
  readonly load: (library: Library, request: W["load"], calls: LoadCalls) => Promise<Loaded<W>>;
}
export interface LoadCalls {
  readonly onProgress: (progress: LoadProgress) => void;
  readonly log: (level: LogLevel, message: string) => void;
}
export interface Loaded<W extends Work> {
  readonly model: Omit<W["model"], "seconds">;
  /** `inputs` end when all of them have come, and when `signal` is aborted. @throws ToolError, or what `signal` was aborted with */
  readonly answer: (request: W["request"], signal: AbortSignal, onPart: (part: W["part"]) => void, inputs: AsyncIterableIterator<W["input"]>) => Promise<W["result"]>;
}

/** The engine's end of the channel: one model for the life of the process, several requests at a time. */
export async function serveEngine<W extends Work, Library>({ send, onCommand }: Channel<W>, program: Program<W, Library>): Promise<void> {
  const waiting: Command<W>[] = [];
  let take = (command: Command<W>): unknown => waiting.push(command);
  onCommand((command) => take(command));
  send({ type: "progress", progress: { stage: "starting", value: 0, total: 1 } });
  const library = await program.open();
  send({ type: "started" });

  let loaded: Loaded<W> | null = null;
  const running = new Map<number, { readonly cancel: AbortController; readonly inputs: Inputs<W["input"]> }>();

  const load = async (request: W["load"]): Promise<void> => {
    const begun = performance.now();
    try {
      loaded = await program.load(library, request, {
        onProgress: (progress) => send({ type: "progress", progress }),
        log: (level, message) => send({ type: "log", level, message }),
      });
      send({ type: "loaded", model: { ...loaded.model, seconds: (performance.now() - begun) / 1000 } });
    } catch (error) {
      send({ type: "load-failed", error: wireError(ToolError.from(error, "model-corrupt", { path: request.path })) });
    }
  };
  const work = async (id: number, request: W["request"]): Promise<void> => {
    const cancel = new AbortController();
    const inputs = new Inputs<W["input"]>(() => send({ type: "taken", id }));
    running.set(id, { cancel, inputs });
    try {
      if (loaded === null) throw new Error("no model is loaded");
      const result = await loaded.answer(request, cancel.signal, (part) => send({ type: "part", id, part }), inputs);
      send({ type: "done", id, result });
    } catch (error) {
      send({ type: "failed", id, error: wireError(ToolError.from(error, "handler-failed", { cmd: program.name })) });
    } finally {
      running.delete(id);
    }
  };

  take = (command) => {
    switch (command.type) {
      case "load":
        return void load(command.request);
      case "work":
        return void work(command.id, command.request);
      case "input":
        return running.get(command.id)?.inputs.push(command.input);
      case "inputs-end":
        return running.get(command.id)?.inputs.end();
      case "cancel":
        running.get(command.id)?.cancel.abort(new ToolError("cancelled"));
        return running.get(command.id)?.inputs.end();
    }
  };
  for (const command of waiting) take(command);
}

function wireError({ code, facts }: ToolError): WireError {
  return { code, facts };
}
