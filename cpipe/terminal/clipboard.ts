import { spawn } from "node:child_process";

/** How text got into a clipboard, or what went wrong. */
interface Copied {
  /** `wl-copy`, `xclip` …; null when only the terminal was asked, which does not answer. */
  readonly by: string | null;
  readonly failure: string | null;
}

const PATIENCE_MS = 5000;

/**
 * Puts text into the clipboard, by the terminal (`send` gives it a sequence) and by a program. Resolves with what is to be said
 * of it; `what` is what the text is.
 */
export async function copy(text: string, what: string, send: (sequence: string) => void): Promise<string> {
  // What is pasted somewhere must not give orders to a terminal there.
  const plain = text.replaceAll(/(?![\t\n])\p{Cc}/gu, "");
  send(clipboardSequence(plain));
  const { by, failure } = await copyWithProgram(plain);
  const size = `${plain.length} characters`;
  return by === null ? `handed ${what} to the terminal's clipboard, ${size}${failure === null ? "" : `; ${failure}`}` : `copied ${what} with ${by}, ${size}`;
}

/** OSC 52: asks the terminal, also one at the far end of ssh, to put the text into its clipboard. Source: xterm's ctlseqs. */
function clipboardSequence(text: string): string {
  return `\x1b]52;c;${Buffer.from(text).toString("base64")}\x07`;
}

/** Hands the text to the first program that is there for this session: Wayland's, X11's, macOS's. */
async function copyWithProgram(text: string, env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): Promise<Copied> {
  let failure: string | null = null;
  for (const [program, ...args] of programsFor(env, platform)) {
    const end = await feed(program, args, text);
    if (end === null) return { by: program, failure: null };
    if (end !== MISSING) failure ??= end;
  }
  return { by: null, failure };
}

type Command = readonly [program: string, ...args: string[]];
const MISSING = "missing";

function programsFor(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): Command[] {
  if (platform === "darwin") return [["pbcopy"]];
  const wayland: Command[] = env["WAYLAND_DISPLAY"] ? [["wl-copy"]] : [];
  const x11: Command[] = env["DISPLAY"] ? [["xclip", "-selection", "clipboard"], ["xsel", "--clipboard", "--input"]] : [];
  return [...wayland, ...x11];
}

/** Null when it has taken the text. The program goes on in the background to hold it; only its first process ends. */
function feed(program: string, args: readonly string[], text: string): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ["pipe", "ignore", "ignore"] });
    const patience = setTimeout(() => (child.kill(), resolve(`${program} did not take it within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
    const settle = (end: string | null): void => (clearTimeout(patience), resolve(end));
    child.once("error", (error: NodeJS.ErrnoException) => settle(error.code === "ENOENT" ? MISSING : `${program}: ${error.message}`));
    child.once("exit", (code, signal) => settle(code === 0 ? null : `${program} failed (${signal ?? `exit ${code}`})`));
    child.stdin.on("error", () => undefined); // its exit code tells
    child.stdin.end(text);
  });
}
