import { execFile } from "node:child_process";
import { lastWords } from "../words.ts";

/**
 * Runs a program of the sound system to its end and resolves with what it printed. What it says is in English.
 * @throws Error with the reason: not installed, no answer, or its last words. `cancelled` is the caller's to tell.
 */
export function runToEnd(program: string, args: readonly string[], env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...env, LC_ALL: "C" }, timeout: PATIENCE_MS, killSignal: "SIGKILL", maxBuffer: 1 << 25, ...(signal === undefined ? {} : { signal }) } as const;
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return reject(new Error(`${program} is not installed`, { cause: error }));
      if (error.killed === true && signal?.aborted !== true) return reject(new Error(`${program} did not answer within ${PATIENCE_MS / 1000} s`, { cause: error }));
      reject(new Error(`${program}: ${lastWords(stderr) || error.message.split("\n")[0]}`, { cause: error }));
    });
    child.stdin?.end();
  });
}

/** A sound server answers within milliseconds; one that is being started by the question needs a moment. */
const PATIENCE_MS = 5000;
