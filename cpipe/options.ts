import { ToolError } from "../pipes/protocol/errors.ts";
import { DURATION_EXAMPLES, parseDuration } from "../pipes/protocol/quantity.ts";
import { askFlags, type Asking, callFlags, type Flag, type Options, OUTPUTS } from "./flags.ts";

/** Which flags are cpipe's own where a command line is read. */
export interface Vocabulary {
  readonly long: readonly Flag[];
  readonly short: readonly Flag[];
}

/** Of any call. */
export const CALL: Vocabulary = { long: callFlags, short: callFlags };
/** Of a call that asks a model. */
export const ASK: Vocabulary = { long: [...callFlags, ...askFlags], short: [...callFlags, ...askFlags] };
/** While it is not known what is called: no argument of a tool is one letter. */
export const EITHER: Vocabulary = { long: CALL.long, short: ASK.short };

/**
 * Takes the flag of cpipe's own at `tokens[at]` into `options` and returns where to go on; null when what stands there
 * is none. Knows `--flag value`, `--flag=value`, `-f value`, `-fvalue` and `-ab`. @throws ToolError `usage`
 */
export function takeOption(tokens: readonly string[], at: number, options: Options, known: Vocabulary): number | null {
  const token = tokens[at] ?? "";
  if (token.startsWith("--")) {
    const [name, inline] = splitAtEquals(token.slice(2));
    const flag = known.long.find((candidate) => candidate.name === name);
    return flag === undefined ? null : take(flag, `--${name}`, inline, tokens, at, options);
  }
  if (!/^-[A-Za-z]/.test(token)) return null;
  return takeCluster(token.slice(1), tokens, at, options, known.short);
}

/** `name=value` in two; without an `=` the second is undefined. */
export function splitAtEquals(text: string): [string, string | undefined] {
  const at = text.indexOf("=");
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** Where no better one is known. */
export const GENERAL_HINT = "See: cpipe --help";

export function usage(reason: string, hint = GENERAL_HINT): ToolError {
  return new ToolError("usage", { reason, hint });
}

/** A JSON object from the command line. @throws ToolError `usage` */
export function parseObject(text: string, where: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw usage(`${where}: expected a JSON object, got ${shorten(text)} (${(error as Error).message})`, `Quote it for the shell: ${where} '{"name": "value"}'`);
  }
  if (isObject(value)) return value;
  throw usage(`${where}: expected a JSON object, got ${shorten(text)}`);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A field that should be text; empty when it is something else. */
export function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** A value as it was typed, short enough for a message. */
export function shorten(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

function takeCluster(letters: string, tokens: readonly string[], at: number, options: Options, known: readonly Flag[]): number | null {
  for (let index = 0; index < letters.length; index++) {
    const flag = known.find((candidate) => candidate.short === letters[index]);
    if (flag === undefined) {
      if (index === 0) return null;
      throw usage(`there is no flag -${letters[index]} (in -${letters})`);
    }
    if (flag.value === undefined) set(flag.name, "", options);
    else return take(flag, `-${flag.short}`, letters.slice(index + 1) || undefined, tokens, at, options);
  }
  return at + 1;
}

function take(flag: Flag, written: string, inline: string | undefined, tokens: readonly string[], at: number, options: Options): number {
  if (flag.value === undefined) {
    if (inline !== undefined) throw usage(`${written} takes no value`);
    set(flag.name, "", options);
    return at + 1;
  }
  if (flag.value.startsWith("[=")) {
    set(flag.name, inline ?? "", options);
    return at + 1;
  }
  const value = inline ?? tokens[at + 1];
  // `--json` has two meanings: arguments, when an object follows, else the answer as JSON, as everywhere.
  if (flag.name === "json" && !/^\s*[[{]/.test(value ?? "") && inline === undefined) {
    options.output = "json";
    return at + 1;
  }
  if (value === undefined) throw usage(`${written} needs a value: ${written} ${flag.value}`);
  set(flag.name, value, options);
  return inline === undefined ? at + 2 : at + 1;
}

function set(name: string, value: string, options: Options): void {
  switch (name) {
    case "data":
      if (options.data !== null) throw usage("--data was given twice");
      options.data = value;
      return;
    case "json":
      Object.assign(options.json, parseObject(value, "--json"));
      return;
    case "output":
      takeOutput(value, options);
      return;
    case "speak":
      options.speak = value === "" ? "tts" : value;
      return;
    case "timeout":
      options.timeout = timeoutOf(value);
      return;
    case "no-wait":
      options.noWait = true;
      return;
    case "no-subscribe":
      options.noSubscribe = true;
      return;
    case "verbose":
      options.verbose = true;
      return;
    case "help":
      options.help = true;
      return;
    case "version":
      options.version = true;
      return;
    default:
      setAsking(name, value, options.asking);
  }
}

function setAsking(name: string, value: string, asking: Asking): void {
  switch (name) {
    case "continue":
      asking.continues = true;
      return;
    case "conversation":
    case "system":
    case "template":
    case "schema":
      if (asking[name] !== null) throw usage(`--${name} was given twice`);
      asking[name] = value;
      return;
    case "file":
      asking.files.push(value);
      return;
    case "param": {
      const [param, text] = splitAtEquals(value);
      if (text === undefined || param === "") throw usage(`--param: expected NAME=VALUE, got ${shorten(value)}`);
      asking.params[param] = text;
      return;
    }
    case "extract":
    case "raw":
      asking[name] = true;
      return;
    default:
      throw new TypeError(`flag ${name} has no meaning`);
  }
}

/** What is no form of output names a file. A word alone is a form mistyped rather than that. */
function takeOutput(value: string, options: Options): void {
  const output = OUTPUTS.find((candidate) => candidate === value);
  if (output !== undefined) options.output = output;
  else if (value === "-" || /[./]/.test(value)) options.file = value;
  else throw usage(`--output: expected ${OUTPUTS.join(", ")}, or a file for sound (speech.wav, - for standard output), got ${shorten(value)}`);
}

function timeoutOf(value: string): number {
  const ms = parseDuration(value);
  if (ms === null) throw usage(`--timeout: expected ${DURATION_EXAMPLES}, got ${shorten(value)}`);
  return ms === 0 ? Number.POSITIVE_INFINITY : ms;
}
