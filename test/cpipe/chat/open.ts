import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Place, program } from "../program.ts";
import { Tmux } from "../terminal/tmux.ts";

export interface Opened {
  readonly tmux: Tmux;
  readonly at: Place;
}

/** A shell in a terminal, with `cpipe` in its path. */
export async function openShell(t: { after(fn: () => Promise<void>): void }, { columns = 80, rows = 24, env = {} }: { columns?: number; rows?: number; env?: NodeJS.ProcessEnv } = {}): Promise<Opened> {
  const at = new Place();
  const bin = join(at.root, "bin");
  mkdirSync(bin);
  mkdirSync(join(at.root, "home"));
  writeFileSync(join(bin, "cpipe"), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  chmodSync(join(bin, "cpipe"), 0o755);
  const tmux = new Tmux(at.root, 'cd "$HOME"; exec sh', { ...at.env, PS1: "$ ", ENV: "", EDITOR: "false", ...env, PATH: `${bin}:${process.env["PATH"]}` }, columns, rows);
  t.after(async () => {
    await tmux.close();
    await at.close();
  });
  await tmux.until((screen) => screen.trimEnd() === "$", "the shell's prompt");
  return { tmux, at };
}

/** Runs a line in the shell. */
export async function run(tmux: Tmux, line: string): Promise<void> {
  await tmux.type(line);
  await tmux.press("Enter");
}

/** Runs a line in the shell, on an empty screen. */
export async function runAnew(tmux: Tmux, line: string): Promise<void> {
  await run(tmux, "clear");
  await tmux.until((screen) => screen.trimEnd() === "$", "an empty screen");
  await run(tmux, line);
}

/** The rows that have something in them. */
export const filled = (rows: readonly string[]): string[] => rows.map((row) => row.trimEnd()).filter((row) => row !== "");
