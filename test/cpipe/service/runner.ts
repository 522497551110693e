import type { Ran, Run } from "../../../cpipe/service/program.ts";

/** Stands for a service manager: remembers what it was asked, and answers as `answers` says; to all else with success. */
export function runner(answers: (line: string) => Partial<Ran> | null): { run: Run; asked: string[] } {
  const asked: string[] = [];
  const run: Run = (program, args) => {
    const line = [program, ...args.filter((arg) => !["--user", "--no-pager", "--no-ask-password", "--value"].includes(arg))].join(" ");
    asked.push(line);
    return Promise.resolve({ code: 0, stdout: "", stderr: "", ...answers(line) });
  };
  return { run, asked };
}
