import { usage } from "../options.ts";

/** The shells that completions are there for, and the file of each in `completions/`. */
export const SHELLS = { bash: "cpipe.bash", zsh: "_cpipe", fish: "cpipe.fish" } as const;
export type Shell = keyof typeof SHELLS;

/** What stands behind `--completions`. @throws ToolError `usage` */
export function parseShell(words: readonly string[]): Shell {
  const [name = "", ...others] = words;
  if (others.length === 0 && Object.hasOwn(SHELLS, name)) return name as Shell;
  throw usage(`--completions: expected ${Object.keys(SHELLS).join(", ")}, got ${words.length === 0 ? "nothing" : words.join(" ")}`, "As in: cpipe --completions bash > ~/.local/share/bash-completion/completions/cpipe");
}
