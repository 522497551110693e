import type { ToolError } from "../pipes/protocol/errors.ts";
import { suggest } from "../pipes/protocol/suggest.ts";
import { parseAgents } from "./agents.ts";
import { parseShell, type Shell } from "./complete/shells.ts";
import { askFlags, callFlags, modeFlags, noOptions, type Options } from "./flags.ts";
import { type KeptTask, parseKept } from "./kept.ts";
import { type LogsTask, parseLogs } from "./logs/arguments.ts";
import { ASK, shorten, splitAtEquals, takeOption, usage } from "./options.ts";

/** What a command line asks for. */
export type Task =
  | { kind: "call"; tool: string; cmd: string; /** What stands after the command, not yet read. */ rest: string[]; options: Options }
  /** A conversation on the terminal; `otherwise` is what is wrong with the command line where there can be none. */
  | { kind: "converse"; tool: string; rest: string[]; options: Options; otherwise: ToolError }
  | { kind: "help"; tool: string | null; cmd: string | null; options: Options }
  | { kind: "list"; folder: string | null; json: boolean; pids: boolean }
  | LogsTask
  | KeptTask
  | { kind: "completions"; shell: Shell }
  | { kind: "complete"; /** What stands behind `cpipe` up to the cursor; the last one is being typed. */ words: readonly string[] }
  | { kind: "clear"; folder: string | null; json: boolean }
  | { kind: "serve"; target: string; rest: string[] }
  | { kind: "talk"; chat: string; stt: string; tts: string; system: string | null; bargeIn: boolean }
  | { kind: "mcp"; /** `chat` or `vector.search` each; none: all. */ only: string[]; /** Only say how to have it started. */ print: boolean }
  | { kind: "install-skill"; /** A project's, instead of the home folder. */ folder: string | null; force: boolean }
  | { kind: "view"; /** Null: the default one; `-`: standard input only. */ socket: string | null }
  | { kind: "stdio" }
  | { kind: "top" }
  | { kind: "init" }
  | { kind: "install-service" | "uninstall-service"; /** Whatever is in its place. */ force: boolean }
  | { kind: "print-service" }
  | { kind: "version" };

/** Reads the command line as far as that goes without a tool's interface. With a person at it (`interactive`) nothing at all asks for the dashboard. @throws ToolError `usage` */
export function parseArguments(tokens: readonly string[], interactive = false): Task {
  if (tokens.length === 0 && interactive) return { kind: "top" };
  const options = noOptions();
  if (tokens[0] === "--complete") return { kind: "complete", words: tokens.slice(1) };
  const words: string[] = [];
  let at = 0;
  while (at < tokens.length && words.length < 2) {
    const token = tokens[at] ?? "";
    const mode = words.length === 0 ? modeOf(token) : undefined;
    if (mode !== undefined) return parseMode(mode, tokens.slice(at));
    if (token === "--") {
      at++;
      continue;
    }
    const next = takeOption(tokens, at, options, ASK);
    if (next !== null) at = next;
    else if (token.startsWith("-") && token !== "-") {
      const otherwise = unknownFlag(token, words.length);
      if (words[0] === undefined) throw otherwise;
      if (asksForHelp(tokens.slice(at))) return { kind: "help", tool: words[0], cmd: null, options };
      return { kind: "converse", tool: words[0], rest: tokens.slice(at), options, otherwise };
    } else {
      words.push(token);
      at++;
    }
  }
  const [tool, cmd] = words;
  const rest = tokens.slice(at);
  if (options.version) return { kind: "version" };
  if (options.help || asksForHelp(rest)) return { kind: "help", tool: tool ?? null, cmd: cmd ?? null, options };
  if (tool === undefined) throw usage("a tool and a command are missing: cpipe TOOL CMD [DATA]", "See: cpipe --help, cpipe --list");
  if (cmd === undefined) return { kind: "converse", tool, rest: [], options, otherwise: usage(`a command for ${tool} is missing: cpipe ${tool} CMD [DATA]`, `Its commands: cpipe ${tool} --help`) };
  return { kind: "call", tool, cmd, rest, options };
}

function modeOf(token: string): string | undefined {
  const [name] = splitAtEquals(token.replace(/^--/, ""));
  return modeFlags.find((flag) => (token.startsWith("--") ? flag.name === name : token === `-${flag.short}`))?.name;
}

function parseMode(mode: string, [first = "", ...tokens]: readonly string[]): Task {
  const inline = splitAtEquals(first)[1];
  const words = inline === undefined ? tokens : [inline, ...tokens];
  if (mode === "serve") {
    const [target, ...rest] = words;
    if (target === undefined || (target.startsWith("-") && target !== "-h" && target !== "--help")) throw usage("--serve needs the name of a built-in server, or a file: cpipe --serve chat");
    return target.startsWith("-") ? { kind: "help", tool: null, cmd: null, options: noOptions() } : { kind: "serve", target, rest };
  }
  if (mode === "talk") return parseTalk(words);
  if (mode === "mcp" || mode === "install-skill") return parseAgents(mode, words);
  if (mode === "completions" && words.every((word) => word !== "-h" && word !== "--help")) return { kind: "completions", shell: parseShell(words) };
  if (mode === "logs") return parseLogs(words) ?? { kind: "help", tool: null, cmd: null, options: noOptions() };
  if (mode === "conversations" || mode === "templates") return parseKept(mode, words) ?? { kind: "help", tool: null, cmd: null, options: noOptions() };
  if (mode === "view") return parseView(words);
  if (mode === "top" && words.some((word) => word === "--json" || word === "-j")) throw usage("--top is for people", "For programs, every change as a line of JSON: cpipe supervisor watch -o jsonl --every 2");
  const inFolder = mode === "list" || mode === "pid" || mode === "clear";
  const allowed = inFolder || mode === "init" ? ["--json", "-j"] : mode.endsWith("install-service") ? ["--force"] : [];
  const folders = words.filter((word) => !word.startsWith("-"));
  for (const word of words.filter((candidate) => candidate.startsWith("-"))) {
    if (word === "--help" || word === "-h") return { kind: "help", tool: null, cmd: null, options: noOptions() };
    if (word === "--pid" && mode === "list") mode = "pid";
    else if (word !== "--list" && !allowed.includes(word)) throw usage(`--${mode} does not take ${word}`);
  }
  if (folders.length > (inFolder ? 1 : 0)) throw usage(`--${mode} does not take ${folders.at(-1)}`);
  const folder = folders[0] ?? null;
  const given = words.some((word) => allowed.includes(word));
  switch (mode) {
    case "list":
    case "pid":
      return { kind: "list", folder, json: given, pids: mode === "pid" };
    case "clear":
      return { kind: "clear", folder, json: given };
    case "init":
    case "stdio":
    case "top":
      return { kind: mode };
    case "install-service":
    case "uninstall-service":
      return { kind: mode, force: given };
    default:
      return { kind: "print-service" };
  }
}

function parseView(words: readonly string[]): Task {
  const [socket = null, ...more] = words;
  if (words.includes("--help") || words.includes("-h")) return { kind: "help", tool: null, cmd: null, options: noOptions() };
  if (more.length > 0 || (socket !== null && socket !== "-" && socket.startsWith("-")) || socket === "") throw usage(`--view does not take ${shorten(more.at(-1) ?? socket ?? "")}`, "It takes the path of a socket, or - for standard input: cpipe --view /tmp/view.sock");
  return { kind: "view", socket };
}

function parseTalk(words: readonly string[]): Task {
  const task: Extract<Task, { kind: "talk" }> = { kind: "talk", chat: "chat", stt: "stt", tts: "tts", system: null, bargeIn: true };
  for (let at = 0; at < words.length; at++) {
    const [flag, inline] = splitAtEquals(words[at] ?? "");
    if (flag === "--help" || flag === "-h") return { kind: "help", tool: null, cmd: null, options: noOptions() };
    if (flag === "--no-barge-in" || flag === "--barge-in") task.bargeIn = flag === "--barge-in";
    else if (flag === "--chat" || flag === "--stt" || flag === "--tts" || flag === "--system") {
      const value = inline ?? words[++at];
      if (value === undefined) throw usage(`${flag} needs a value: ${flag} ${flag === "--system" ? "TEXT" : "TOOL"}`);
      task[flag.slice(2) as "chat" | "stt" | "tts" | "system"] = value;
    } else throw usage(`--talk does not take ${words[at]}`, "It takes: --chat, --stt, --tts, --system, --no-barge-in");
  }
  return task;
}

/** `--help` after the command, unless it stands behind `--`. */
function asksForHelp(rest: readonly string[]): boolean {
  const end = rest.indexOf("--");
  return (end === -1 ? rest : rest.slice(0, end)).some((token) => token === "--help" || token === "-h");
}

function unknownFlag(token: string, words: number): ToolError {
  const [name] = splitAtEquals(token.replace(/^-+/, ""));
  const known = [...callFlags, ...askFlags, ...(words === 0 ? modeFlags : [])].map((flag) => flag.name);
  const near = token.startsWith("--") ? suggest(name, known) : null;
  if (near !== null) return usage(`there is no flag ${token}`, `Did you mean --${near}?`);
  return usage(`there is no flag ${token} here`, "A command's own flags go behind it: cpipe TOOL CMD --flag value. See: cpipe --help");
}
