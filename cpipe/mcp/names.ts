import { createHash } from "node:crypto";

/** A command of a tool. */
export interface Command {
  readonly tool: string;
  readonly cmd: string;
}

/** Models' APIs take 64 characters in all, and Claude Code puts `mcp__pipe-tools__` before. */
const LONGEST = 47;

/**
 * `TOOL_COMMAND` for each, in the letters that every client takes. Where two would have the same name, or one is too long, a sum of what it stands
 * for makes it its own: a name never comes to mean another command because of what else there is.
 */
export function namesFor<C extends Command>(commands: readonly C[]): Map<string, C> {
  const counts = new Map<string, number>();
  for (const command of commands) counts.set(plainName(command), (counts.get(plainName(command)) ?? 0) + 1);
  return new Map(commands.map((command) => {
    const plain = plainName(command);
    return [counts.get(plain) === 1 && plain.length <= LONGEST ? plain : summed(plain, command), command];
  }));
}

function plainName({ tool, cmd }: Command): string {
  return `${tool}_${cmd}`.replaceAll(/[^A-Za-z0-9_-]/g, "_");
}

function summed(plain: string, { tool, cmd }: Command): string {
  const sum = createHash("sha256").update(`${tool}\0${cmd}`).digest("hex").slice(0, 8);
  return `${plain.slice(0, LONGEST - 9)}_${sum}`;
}
