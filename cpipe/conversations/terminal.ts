import { createHash } from "node:crypto";
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { places } from "../../pipes/protocol/places.ts";
import { bootId, startTimeOf, statFields } from "../../pipes/transport/identity.ts";
import { appendLines, readOwn } from "./file.ts";
import { conversationNames } from "./names.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What this terminal is called, so that a later command in it is known to be in the same one; null where the process has none (a script of cron's, a
 * service). A pane or a tab that its program names stays the same when its shell ends; else it is the session of this shell: the next
 * shell on the same /dev/pts/3 is somebody else.
 */
export function thisTerminal(env: Environment = process.env): string | null {
  const session = sessionOf();
  if (session === null) return null;
  const pane = paneOf(env);
  return createHash("sha256").update(pane ?? session).digest("hex").slice(0, 24);
}

/** The conversation that was last used in this terminal; null where none was, or it is no more. */
export function lastConversation(terminal: string): string | null {
  const name = readOwn(join(folder(), terminal))?.trim().split("\n").at(-1);
  return name !== undefined && conversationNames().includes(name) ? name : null;
}

/** Remembers the conversation as this terminal's last. What was remembered for terminals that have not been used for a while goes. */
export function noteConversation(terminal: string, name: string): void {
  if (lastConversation(terminal) === name) return;
  appendLines(join(folder(), terminal), null, [name]);
  forgetOld();
}

const KEPT_MS = 90 * 24 * 60 * 60_000;

function forgetOld(): void {
  for (const file of readdirSync(folder())) {
    const path = join(folder(), file);
    if (Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) > KEPT_MS) rmSync(path, { force: true });
  }
}

function folder(): string {
  return join(places().conversations, ".terminals");
}

/** A variable is inherited by whatever is started, another terminal's window included: it is believed only where the terminal says that it is the one. */
function paneOf(env: Environment): string | null {
  const { TERM = "", TERM_PROGRAM = "" } = env;
  const program = PANES.find(({ isHere }) => isHere(TERM, TERM_PROGRAM));
  if (program === undefined || !program.names.every((name) => env[name])) return null;
  return program.names.map((name) => `${name}=${env[name]}`).join(" ");
}

const PANES: ReadonlyArray<{ readonly isHere: (term: string, program: string) => boolean; readonly names: readonly string[] }> = [
  { isHere: (term, program) => program === "tmux" || term.startsWith("tmux"), names: ["TMUX", "TMUX_PANE"] },
  { isHere: (term) => term.startsWith("screen"), names: ["STY", "WINDOW"] },
  { isHere: (term) => term === "xterm-kitty", names: ["KITTY_PID", "KITTY_WINDOW_ID"] },
  { isHere: (_, program) => program === "WezTerm", names: ["WEZTERM_UNIX_SOCKET", "WEZTERM_PANE"] },
  { isHere: (_, program) => program === "Apple_Terminal" || program === "iTerm.app", names: ["TERM_SESSION_ID"] },
];

/** The controlling terminal and its session's leader. Source: proc_pid_stat(5). */
function sessionOf(): string | null {
  if (process.platform !== "linux") return process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY ? `${bootId()} ${process.ppid} ${startTimeOf(process.ppid)}` : null;
  const [, , , session = "0", tty = "0"] = statFields(process.pid) ?? [];
  return tty === "0" ? null : `${bootId()} ${tty} ${session} ${startTimeOf(Number(session))}`;
}
