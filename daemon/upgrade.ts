import { execFile } from "node:child_process";
import { closeSync } from "node:fs";
import { promisify } from "node:util";
import type { Logger } from "pino";
import { ToolError } from "../pipes/protocol/errors.ts";
import { closeOnExec, replaceProgram } from "../pipes/transport/libc.ts";
import type { Guardian } from "./guardian/guardian.ts";

/** Descriptors that a program hands to the one that replaces it, as numbers with commas between. */
const KEPT = "PIPE_TOOLS_KEPT";
const PATIENCE_MS = 20_000;

/** The version of the program that a start would run now. @throws ToolError `handler-failed` when that one cannot even say it */
export async function versionThere(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [...ourProgram(), "--version"], { timeout: PATIENCE_MS });
    return stdout.trim();
  } catch (error) {
    const { stderr = "", message } = error as { stderr?: string; message: string };
    throw new ToolError("handler-failed", { cmd: "upgrade", reason: `the program that is there now does not start: ${stderr.trim().split("\n").at(-1) || message}` }, { cause: error });
  }
}

/** Does not return, unless the system refuses: then everything is as before. */
export async function replaceDaemon({ version, descriptors, guardian, log }: { version: string; descriptors: readonly number[]; guardian: Guardian; log: Logger }): Promise<void> {
  log.info({ version, reason: "asked to upgrade" }, "the program that is there now takes over");
  await guardian.release(); // the next one has its own
  try {
    replaceSelf(descriptors);
  } catch (error) {
    log.error({ reason: ToolError.from(error).message }, "the daemon could not replace itself, and goes on");
    await guardian.resume();
  }
}

/**
 * Runs the program that is there now in the place of this one, with the same arguments and environment: the process, its terminal
 * and its children stay. These descriptors stay open, so that what waits in them does; all others are closed by the kernel.
 * @throws the system's error, and then nothing has changed
 */
function replaceSelf(descriptors: readonly number[]): never {
  process.env[KEPT] = descriptors.join(",");
  try {
    // Node gives every descriptor the mark that the kernel closes it by, those of a terminal too.
    for (const fd of [0, 1, 2, ...descriptors]) closeOnExec(fd, false);
    return replaceProgram(process.execPath, [...ourProgram(), ...process.argv.slice(2)]);
  } catch (error) {
    for (const fd of descriptors) closeOnExec(fd, true);
    delete process.env[KEPT];
    throw error;
  }
}

/** Takes what the program before has handed over, so that nobody else inherits it; returns how to let go of it. */
export function takeKept(): () => void {
  const kept = (process.env[KEPT] ?? "").split(",").filter((text) => /^\d+$/.test(text)).map(Number);
  delete process.env[KEPT];
  for (const fd of kept) closeOnExec(fd, true);
  return () => {
    for (const fd of kept.splice(0)) closeSync(fd);
  };
}

const ourProgram = (): string[] => [...process.execArgv, process.argv[1] ?? ""];
