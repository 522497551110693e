import type { Llama, LlamaLogLevel } from "node-llama-cpp";
import { ToolError } from "../../pipes/protocol/errors.ts";
import type { LogLevel } from "../engine.ts";
import type { LlamaLoadRequest } from "./request.ts";
import { coreLimit } from "./threads.ts";

export type Library = typeof import("node-llama-cpp");

/** llama.cpp, and what it has complained about; its exceptions say only that something failed. */
export interface OpenLlama {
  readonly library: Library;
  readonly llama: Llama;
  /** The reason llama.cpp gave for the failure that was just thrown, or what was thrown when it gave none. */
  readonly reason: (thrown: unknown) => Promise<string>;
}

/** @throws ToolError `engine-failed` when no binary fits this machine, or none with the GPU that was asked for. */
export async function openLlama(library: Library, { gpu }: Pick<LlamaLoadRequest, "gpu">, log: (level: LogLevel, message: string) => void): Promise<OpenLlama> {
  const complaints: string[] = [];
  const logger = (level: LlamaLogLevel, message: string): void => {
    const text = message.trim();
    if (text === "") return;
    if (LEVELS[level] === "error") complaints.push(text);
    if (complaints.length > 20) complaints.shift();
    log(LEVELS[level], text);
  };
  try {
    const llama = await library.getLlama({ build: "never", gpu, logger, maxThreads: coreLimit(), logLevel: library.LlamaLogLevel.warn });
    return { library, llama, reason: (thrown) => reasonOf(thrown, complaints) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const hint = gpu === "auto" || gpu === false ? "Was npm run with --omit=optional?" : "Set gpu to auto, or install the packages for this GPU, as the README says";
    throw new ToolError("engine-failed", { reason, hint }, { cause: error });
  }
}

/** The logger is called from a later turn of the event loop than the exception. */
async function reasonOf(thrown: unknown, complaints: readonly string[]): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, LOG_DELAY_MS));
  const telling = complaints.findLast((line) => line.includes("error loading model")) ?? complaints.findLast((line) => /error|invalid|fail/i.test(line));
  if (telling !== undefined) return telling.replace(/^.*error loading model( \w+)?: /, "").replace(/^\w+: /, "");
  return thrown instanceof Error ? thrown.message : String(thrown);
}

const LOG_DELAY_MS = 50;
const LEVELS: Record<LlamaLogLevel, LogLevel> = {
  disabled: "debug",
  fatal: "error",
  error: "error",
  warn: "warn",
  info: "info",
  log: "debug",
  debug: "debug",
};
