import { engineArguments } from "../../../engines/process/entry.ts";
import { ProcessEngine } from "../../../engines/process/engine.ts";
import type { SpeakCalls, Synthesizer, Utterance } from "../synthesizer.ts";
import type { SpeechFiles } from "./families.ts";
import type { SherpaSpeechWork } from "./messages.ts";

export interface SherpaSynthesizerOptions {
  /** The tool's name, for messages. */
  readonly tool: string;
  readonly files: SpeechFiles;
  readonly threads: number | "auto";
  readonly maxQueue: number;
  /** Arguments of Node that start another engine program; tests use it. */
  readonly command?: readonly string[];
}

/** A neural voice in sherpa-onnx: Kokoro, Piper and other VITS, Matcha. Sentences come one by one; a cancelled one is finished in silence. */
export class SherpaSynthesizer extends ProcessEngine<SherpaSpeechWork> implements Synthesizer {
  static start({ tool, files, threads, maxQueue, command = engineArguments(PROGRAM) }: SherpaSynthesizerOptions): SherpaSynthesizer {
    return new SherpaSynthesizer({ tool, library: "sherpa-onnx", maxQueue, command, load: { path: files.folder, parallel: 1, files, threads } });
  }

  /** For the requests from now on. */
  configure({ maxQueue }: Pick<SherpaSynthesizerOptions, "maxQueue">): void {
    this.maxQueue = maxQueue;
  }

  async speak(utterance: Utterance, { signal, onPcm, onQueued, admitted }: SpeakCalls): Promise<void> {
    await this.ask(utterance, { signal, onQueued, admitted, onPart: (part) => onPcm(Buffer.from(part.buffer, part.byteOffset, part.byteLength)) });
  }
}

const PROGRAM = "servers/tts/sherpa/main";
