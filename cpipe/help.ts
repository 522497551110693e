import type { CommandShape, FieldShape, InterfaceShape } from "../pipes/protocol/interfaces/shape.ts";
import { isArray, isBoolean } from "./coerce.ts";
import { callFlags, type Flag, modeFlags } from "./flags.ts";
import { flagOf } from "./words.ts";

/** `cpipe --help` */
export function generalHelp(): string {
  return `cpipe: talk to tools behind named pipes

  cpipe TOOL CMD [DATA] [--ARGUMENT value …]   send a command, print the answer
  cpipe TOOL --help                            what a tool can do
  cpipe --list                                 which tools there are

TOOL is a name (chat) or a path (/tmp/tool-chat). DATA is text, a JSON object, @FILE, or - for standard input;
what is piped in is added to a prompt: git diff | cpipe chat ask "Review this"

${flagLines("Flags", callFlags)}
${flagLines("Instead of TOOL", modeFlags)}
Exit codes: 0 answered, 1 error, 2 usage, 3 no such tool, 4 not ready, 124 timeout, 125 daemon unreachable, 130 Ctrl-C
`;
}

/** `cpipe TOOL --help`: the tool's own commands first, then what every tool answers. */
export function toolHelp(name: string, description: string, interfaces: readonly InterfaceShape[]): string {
  const own = interfaces.filter((shape) => shape.name !== "base");
  const base = interfaces.filter((shape) => shape.name === "base");
  const sections = [...own, ...base].map((shape) => {
    const rows = shape.commands.map((command) => [`${command.name}${summary(command)}`, command.description] as const);
    return `${shape.name === "base" ? "Every tool" : shape.name}${["", description].includes(shape.description) || shape.name === "base" ? "" : `: ${shape.description}`}\n${columns(rows)}`;
  });
  const none = interfaces.length === 0 ? `${name} tells nothing of its commands. Try: cpipe ${name} get_help, cpipe ${name} help\n` : "";
  return `${name}${description === "" ? "" : `: ${description}`}\n\n${sections.join("\n")}${none}${base.length > 0 || own.length === 0 ? "" : EVERY_TOOL}\nMore of one: cpipe ${name} CMD --help\n`;
}

/** The registry leaves out what goes for all. */
const EVERY_TOOL = "\nEvery tool also answers ping, get_state, get_description, get_help, get_config, list_interfaces, get_interface, cancel and stop.\n";

/** `cpipe TOOL CMD --help` */
export function commandHelp(tool: string, command: CommandShape): string {
  const [first, ...others] = command.args;
  const word = first === undefined ? "" : first.required ? ` ${placeholder(first)}` : ` [${placeholder(first)}]`;
  const rest = others.length === 0 ? "" : " [--ARGUMENT value …]";
  const rows = command.args.map((arg) => [`${flagOf(arg.name)}${valueOf(arg)}`, about(arg)] as const);
  const answer = command.streams && !/stream/i.test(command.description) ? "The answer streams.\n" : "";
  return `cpipe ${tool} ${command.name}${word}${rest}\n\n${command.description === "" ? "" : `${command.description}\n`}${answer}${rows.length === 0 ? "\nIt takes no arguments.\n" : `\n${columns(rows)}`}`;
}

function flagLines(title: string, flags: readonly Flag[]): string {
  const rows = flags.map((flag) => [`${flag.short === undefined ? "    " : `-${flag.short}, `}--${flag.name}${flag.value === undefined ? "" : ` ${flag.value}`}`, flag.description] as const);
  return `${title}\n${columns(rows)}`;
}

/** Wide enough for most, so that one long name does not push all descriptions away. */
const MOST = 30;

function columns(rows: ReadonlyArray<readonly [string, string]>): string {
  const width = Math.min(MOST, Math.max(...rows.map(([left]) => left.length)));
  return rows.map(([left, right]) => (left.length > width && right !== "" ? `  ${left}\n  ${"".padEnd(width)}  ${right}\n` : `  ${`${left.padEnd(width)}  ${right}`.trimEnd()}\n`)).join("");
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
