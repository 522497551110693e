import { fstatSync, readFileSync } from "node:fs";
import { ToolError } from "../pipes/protocol/errors.ts";

export interface ReadStdin {
  /** Longest wait for the first byte, and then for the next, in ms. */
  readonly timeout: number;
  /** Standard input was not asked for by `-`: silence of a socket then means that nothing is meant to come. */
  readonly optional: boolean;
  readonly signal: AbortSignal;
  /** Says something on standard error. */
  readonly note: (text: string) => void;
}

/** What standard input is, as far as that tells whether somebody pipes something in. */
export type StdinKind = "pipe" | "socket" | "file" | "other";

/**
 * Only a pipe, a socket or a file is worth reading unasked: never a terminal or /dev/null. A socket is what Node's
 * child_process and sshd give their children, and mostly it stays open and silent.
 */
export function stdinKind(): StdinKind {
  try {
    const stats = fstatSync(0);
    return stats.isFIFO() ? "pipe" : stats.isSocket() ? "socket" : stats.isFile() ? "file" : "other";
  } catch {
    return "other"; // closed
  }
}

const NOTE_MS = 2_000;
const SOCKET_MS = 1_000;

/** Standard input to its end; null when it is a socket on which nothing came. @throws ToolError `timeout`, `cancelled` */
export async function readStdin(kind: StdinKind, { timeout, optional, signal, note }: ReadStdin): Promise<string | null> {
  if (kind === "file") return readFileSync(0, "utf8");
  const giveUp = optional && kind === "socket";
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const { stdin } = process;
    const silence = Number.isFinite(timeout) ? setTimeout(() => settle(() => reject(silent(timeout))), timeout) : null;
    const patience = setTimeout(() => {
      if (!optional) return;
      if (!giveUp) return note("waiting for the end of standard input; give </dev/null when nothing comes from there");
      note("nothing came on standard input; going on without it");
      settle(() => resolve(null));
    }, giveUp ? SOCKET_MS : NOTE_MS);
    const settle = (end: () => void): void => {
      if (silence !== null) clearTimeout(silence);
      clearTimeout(patience);
      stdin.removeAllListeners("data").pause();
      stdin.unref();
      signal.removeEventListener("abort", aborted);
      end();
    };
    const aborted = (): void => settle(() => reject(ToolError.from(signal.reason, "cancelled")));
    signal.addEventListener("abort", aborted, { once: true });
    stdin.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      clearTimeout(patience);
      silence?.refresh();
    });
    stdin.once("end", () => settle(() => resolve(Buffer.concat(chunks).toString("utf8"))));
    stdin.once("error", (error) => settle(() => reject(ToolError.from(error, "file-failed", { path: "standard input" }))));
  });
}

function silent(timeout: number): ToolError {
  return new ToolError("timeout", { what: "end", tool: "standard input", seconds: timeout / 1000, hint: "Give </dev/null when nothing comes from there" });
}
