import { engineArguments } from "../../../engines/process/entry.ts";
import { ProcessEngine } from "../../../engines/process/engine.ts";
import type { WorkCalls } from "../../../engines/process/job.ts";
import type { ListenRequest, ListenResult, SpeechLoad, SpeechWork } from "./messages.ts";

export interface SpeechEngineOptions extends SpeechLoad {
  /** The tool's name, for messages. */
  readonly tool: string;
  /** Requests that may wait beyond those being answered. */
  readonly maxQueue: number;
  /** Arguments of Node that start another engine program; tests use it. */
  readonly command?: readonly string[];
}

/** What finds speech and what understands it, in one process of its own. */
export class SpeechEngine extends ProcessEngine<SpeechWork> {
  static start({ tool, maxQueue, command = engineArguments(PROGRAM), ...load }: SpeechEngineOptions): SpeechEngine {
    return new SpeechEngine({ tool, library: load.decoder.engine, maxQueue, command, load });
  }

  configure({ maxQueue }: Pick<SpeechEngineOptions, "maxQueue">): void {
    this.maxQueue = maxQueue;
  }

  /**
   * One recording, to its end.
   * @throws ToolError `busy`, `cancelled` (or the signal's own ToolError), `engine-died`, `stopping`, what `inputs` throws, what `load`
   * throws, and for a file `file-failed` and `audio-invalid`
   */
  listen(request: ListenRequest, calls: WorkCalls<SpeechWork>): Promise<ListenResult> {
    return this.ask(request, calls);
  }
}

const PROGRAM = "servers/stt/engine/main";
