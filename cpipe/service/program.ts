import { execFile } from "node:child_process";

/** What a program said, and its exit code: 127 when there is no such program. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; never rejects. */
export type Run = (program: string, args: readonly string[]) => Promise<Ran>;

export const runProgram: Run = (program, args) =>
  new Promise((resolve) => {
    execFile(program, [...args], { encoding: "utf8" }, (error, stdout, stderr) => {
      if (error === null) return resolve({ code: 0, stdout, stderr });
      const code = typeof error.code === "number" ? error.code : error.code === undefined ? 1 : 127;
      resolve({ code, stdout, stderr: code === 127 && stderr === "" ? error.message : stderr });
    });
  });

/** The first line of what a program complained about. */
export function complaint({ stderr, stdout, code }: Ran): string {
  return (stderr.trim() || stdout.trim() || `exit code ${code}`).split("\n")[0] ?? "";
}
