import { spawn } from "node:child_process";
import { once } from "node:events";
import { cancelled } from "../../../pipes/protocol/cancelled.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";

export interface RunCalls {
  readonly signal?: AbortSignal | undefined;
  readonly onOutput: (bytes: Buffer) => void;
}

/** Without a sign of life for so long it is ended. */
const PATIENCE_MS = 20_000;

/**
 * Runs `espeak-ng` once, with `text` on its standard input. Resolves when all of its output has been handed out; it is killed when
 * `signal` is aborted. @throws ToolError `unsupported` (it is not installed), `cancelled` (or the signal's own), `handler-failed`
 */
export async function runEspeak(tool: string, args: readonly string[], text: string, { signal, onOutput }: RunCalls): Promise<void> {
  if (signal?.aborted === true) throw cancelled(signal);
  const child = spawn(PROGRAM, args, { stdio: ["pipe", "pipe", "pipe"] });
  const end = (): void => void child.kill("SIGKILL");
  let patience = setTimeout(end, PATIENCE_MS);
  const ended = (): boolean => signal?.aborted === true;
  let words = "";
  let failure: unknown;
  signal?.addEventListener("abort", end, { once: true });
  child.stdin.on("error", () => undefined).end(text); // it may end before it has read all; its code tells why
  child.stderr.setEncoding("utf8").on("data", (said: string) => (words = (words + said).slice(-1000)));
  child.stdout.on("data", (bytes: Buffer) => {
    clearTimeout(patience);
    patience = setTimeout(end, PATIENCE_MS);
    if (ended()) return;
    try {
      onOutput(bytes);
    } catch (error) {
      failure ??= error;
      end();
    }
  });
  try {
    const [code, by] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    if (signal !== undefined && ended()) throw cancelled(signal);
    if (failure !== undefined) throw failure;
    if (code !== 0) throw new ToolError("handler-failed", { cmd: PROGRAM, reason: `it ${by === null ? `ended with code ${code}` : `was ended by ${by}`}${words === "" ? "" : `: ${words.trim()}`}` });
  } catch (error) {
    throw hasCode(error, "ENOENT") ? notInstalled(tool, error) : error;
  } finally {
    clearTimeout(patience);
    signal?.removeEventListener("abort", end);
  }
}

const PROGRAM = "espeak-ng";

function notInstalled(tool: string, cause: unknown): ToolError {
  const how = process.platform === "darwin" ? "brew install espeak-ng" : "sudo apt install espeak-ng";
  return new ToolError("unsupported", { tool, what: "speak with espeak-ng, which is not installed", hint: `Install it: ${how}` }, { cause });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
