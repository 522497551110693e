import type { CommandShape, FieldShape, InterfaceShape } from "../pipes/protocol/interfaces/shape.ts";
import { isArray, isBoolean } from "./coerce.ts";
import { askFlags, callFlags, type Flag, modeFlags } from "./flags.ts";
import { widthOf } from "./table.ts";
import { flagOf } from "./words.ts";

/** `cpipe --help` */
export function generalHelp(width: number): string {
  return `cpipe: talk to tools behind named pipes

${columns(USES, width, 43)}
${filled(`TOOL is a name (chat) or a path (/tmp/tool-chat). DATA is text, a JSON object, @FILE, or - for standard input;
what is piped in is added to a prompt: git diff | cpipe chat ask "Review this"`, width)}

${flagLines("Flags", callFlags, width)}
${flagLines("Flags to ask a model (ask, chat)", askFlags, width)}
${flagLines("Instead of TOOL", modeFlags, width)}
${filled("Exit codes: 0 answered, 1 error, 2 usage, 3 no such tool, 4 not ready, 124 timeout, 125 daemon unreachable, 130 Ctrl-C", width)}
`;
}

const USES = [
  ["cpipe TOOL CMD [DATA] [--ARGUMENT value …]", "send a command, print the answer"],
  ["cpipe TOOL", "a conversation with a model, on a terminal"],
  ["cpipe TOOL --help", "what a tool can do"],
  ["cpipe --list", "which tools there are"],
] as const;

/** `cpipe TOOL --help`: the tool's own commands first, then what every tool answers. */
export function toolHelp(name: string, description: string, interfaces: readonly InterfaceShape[], width: number): string {
  const own = interfaces.filter((shape) => shape.name !== "base");
  const base = interfaces.filter((shape) => shape.name === "base");
  const sections = [...own, ...base].map((shape) => {
    const rows = shape.commands.map((command) => [`${command.name}${summary(command)}`, command.description] as const);
    return `${filled(`${shape.name === "base" ? "Every tool" : shape.name}${["", description].includes(shape.description) || shape.name === "base" ? "" : `: ${shape.description}`}`, width)}\n${columns(rows, width)}`;
  });
  const none = interfaces.length === 0 ? `${name} tells nothing of its commands. Try: cpipe ${name} get_help, cpipe ${name} help\n` : "";
  return `${filled(`${name}${description === "" ? "" : `: ${description}`}`, width)}\n\n${sections.join("\n")}${none}${base.length > 0 || own.length === 0 ? "" : `\n${filled(EVERY_TOOL, width)}\n`}\nMore of one: cpipe ${name} CMD --help\n`;
}

/** The registry leaves out what goes for all. */
const EVERY_TOOL = "Every tool also answers ping, get_state, get_description, get_help, get_config, list_interfaces, get_interface, cancel and stop.";

/** `cpipe TOOL CMD --help`; with the flags for what is asked of a model, if it is that. */
export function commandHelp(tool: string, command: CommandShape, width: number, asks = false): string {
  const [first, ...others] = command.args;
  const word = first === undefined ? "" : first.required ? ` ${placeholder(first)}` : ` [${placeholder(first)}]`;
  const rest = others.length === 0 ? "" : " [--ARGUMENT value …]";
  const rows = command.args.map((arg) => [`${flagOf(arg.name)}${valueOf(arg)}`, about(arg)] as const);
  const answer = command.streams && !/stream/i.test(command.description) ? "The answer streams.\n" : "";
  return `cpipe ${tool} ${command.name}${word}${rest}\n\n${command.description === "" ? "" : `${filled(command.description, width)}\n`}${answer}${rows.length === 0 ? "\nIt takes no arguments.\n" : `\n${columns(rows.filter(([name]) => !asks || !askFlags.some((flag) => name.startsWith(`--${flag.name} `))), width)}`}${asks ? `\n${flagLines("And cpipe's own", askFlags, width)}` : ""}`;
}

function flagLines(title: string, flags: readonly Flag[], width: number): string {
  const rows = flags.map((flag) => [`${flag.short === undefined ? "    " : `-${flag.short}, `}--${flag.name}${flag.value === undefined ? "" : ` ${flag.value}`}`, flag.description] as const);
  return `${title}\n${columns(rows, width)}`;
}

/** Wide enough for most, so that one long name does not push all descriptions away. */
const MOST = 30;
/** With less room beside the names, descriptions stand below them. */
const LEAST = 24;

function columns(rows: ReadonlyArray<readonly [string, string]>, width: number, most: number = MOST): string {
  const left = Math.min(most, Math.max(...rows.map(([name]) => name.length)));
  const below = width - left - 4 < LEAST;
  const indent = " ".repeat(below ? 6 : left + 4);
  return rows
    .map(([name, description]) => {
      const lines = filled(description, width - indent.length).split("\n").filter((line) => line !== "");
      const apart = below || name.length > left;
      const first = apart ? `  ${name.length + 2 > width ? filled(name, width - 4).replaceAll("\n", "\n    ") : name}` : `  ${name.padEnd(left)}  ${lines.shift() ?? ""}`.trimEnd();
      return [first, ...lines.map((line) => indent + line)].map((line) => `${line}\n`).join("");
    })
    .join("");
}

/** Broken at blanks where a line would be wider than the terminal. */
function filled(text: string, width: number): string {
  if (!Number.isFinite(width)) return text;
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join("\n");
}

function summary(command: CommandShape): string {
  const [first] = command.args;
  return first === undefined ? "" : first.required ? ` ${placeholder(first)}` : ` [${placeholder(first)}]`;
}

function placeholder(arg: FieldShape): string {
  return arg.name.toUpperCase();
}

function valueOf(arg: FieldShape): string {
  return isBoolean(arg.type) ? "" : ` ${arg.type}`;
}

function about(arg: FieldShape): string {
  const notes = [arg.required ? "required" : "", arg.default === null ? "" : `default ${JSON.stringify(arg.default)}`, isArray(arg.type) ? "may be repeated" : ""].filter(Boolean);
  return `${arg.description}${notes.length === 0 ? "" : ` (${notes.join(", ")})`}`.trim();
}
