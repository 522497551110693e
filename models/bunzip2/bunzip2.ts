import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { packageRoot } from "../../pipes/protocol/package.ts";

/** A process that unpacks bzip2: a block takes a processor longer than a pipe may wait, and the program is six times as fast as the package. */
export interface Bunzip2 {
  readonly input: Writable;
  readonly output: Readable;
  /** Resolves when it has ended well. Rejects with a `DecoderError` when it had something to say. */
  readonly ended: Promise<void>;
  kill(): void;
}

/** What is wrong with what it was given. */
export class DecoderError extends Error {}

/** `program` is what to start instead of bzip2; ours, if there is none such. */
export async function startBunzip2(program = "bzip2"): Promise<Bunzip2> {
  const child = (await start(program, ["-dc"])) ?? (await start(process.execPath, ownProgram()));
  if (child === null) throw new Error("no program that unpacks bzip2 could be started");
  let words = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (words = (words + text).slice(-MOST_WORDS)));
  const ended = once(child, "close").then(([code, signal]) => {
    if (code === 0) return;
    const said = firstLine(words);
    throw said === "" ? new Error(`bzip2 ended with ${String(signal ?? code)}`) : new DecoderError(said);
  });
  ended.catch(() => undefined); // whoever awaits it is told
  return { input: child.stdin!, output: child.stdout!, ended, kill: () => void child.kill("SIGKILL") };
}

const MOST_WORDS = 2000;

/** Null when there is no such program. */
async function start(program: string, args: readonly string[]): Promise<ChildProcess | null> {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  return once(child, "spawn").then(
    () => child,
    () => null,
  );
}

/** As arguments of Node: from the sources it needs tsx, from dist/ it does not. */
function ownProgram(): string[] {
  if (import.meta.url.endsWith(".ts")) return ["--import", import.meta.resolve("tsx"), join(packageRoot(), "models/bunzip2/main.ts")];
  return [join(packageRoot(), "dist/models/bunzip2/main.js")];
}

function firstLine(words: string): string {
  return words.split("\n").map((line) => line.trim()).find((line) => line !== "") ?? "";
}
