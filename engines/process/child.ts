import { type ChildProcess, spawn } from "node:child_process";
import type { Command, Report, Work } from "./messages.ts";

/** How an engine process ended. `words` is the end of what it had written to standard error. */
export interface Death {
  readonly started: boolean;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly words: string;
}
export interface ChildEvents<W extends Work> {
  readonly onReport: (report: Report<W>) => void;
  /** A line of the native library's own, past the logger. */
  readonly onWords: (line: string) => void;
  /** Exactly once, after the last report. */
  readonly onDeath: (death: Death) => void;
}

/** One engine process. It has no state to lose but the model in memory, so it is always ended with SIGKILL. */
export class EngineChild<W extends Work> {
  readonly #process: ChildProcess;
  readonly #gone: Promise<void>;
  #ended = false;

  /** `command` is what Node is started with; see `engineArguments`. */
  constructor(events: ChildEvents<W>, command: readonly string[]) {
    // Without a backtrace an abort of llama.cpp takes milliseconds instead of the start of a debugger.
    const env = { ...process.env, GGML_NO_BACKTRACE: "1" };
    this.#process = spawn(process.execPath, command, { stdio: ["ignore", "ignore", "pipe", "ipc"], env, serialization: "advanced" });
    let words = "";
    let started = false;
    this.#process.stderr!.setEncoding("utf8").on("data", (chunk: string) => {
      words = (words + chunk).slice(-MAX_WORDS);
      for (const line of chunk.split("\n")) if (line.trim() !== "") events.onWords(line);
    });
    this.#process.on("message", (report: Report<W>) => {
      started ||= report.type === "started";
      events.onReport(report);
    });
    this.#gone = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null, said = lastWords(words)): void => {
        clearTimeout(patience);
        if (this.#ended) return;
        this.#ended = true;
        resolve();
        events.onDeath({ started, code, signal, words: said });
      };
      let patience: NodeJS.Timeout | undefined;
      // "close" comes when its last words have been read too; somebody else may hold that pipe, so not for ever.
      this.#process.once("exit", (code, signal) => (patience = setTimeout(end, LAST_WORDS_MS, code, signal)));
      this.#process.once("close", (code, signal) => end(code, signal));
      this.#process.once("error", (error) => {
        if (this.#process.pid === undefined) end(null, null, error.message);
      });
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  send(command: Command<W>): void {
    // A child that has died meanwhile is reported by its death; the callback only keeps the failed write from throwing.
    this.#process.send(command, () => undefined);
  }

  /** Resolves when the process is gone. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#gone;
  }
}

const MAX_WORDS = 4096;
const LAST_WORDS_MS = 250;

/** The last lines that say something, on one line. */
function lastWords(words: string): string {
  const lines = words.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "" && !line.startsWith("at ")).slice(-3).join(" / ").slice(-600);
}
