import { ToolError } from "../pipes/protocol/errors.ts";
import type { FieldShape } from "../pipes/protocol/interfaces/shape.ts";
import { suggest } from "../pipes/protocol/suggest.ts";
import { coerce, guess, isArray, isBoolean, MISFIT } from "./coerce.ts";
import { askFlags, callFlags, type Flag, type Options } from "./flags.ts";
import { CALL, EITHER, shorten, splitAtEquals, takeOption, usage, type Vocabulary } from "./options.ts";

/** A flag that is not cpipe's own: an argument of the command. `value` is true for one that stands alone. */
export interface ArgumentFlag {
  readonly name: string;
  readonly value: string | true;
}

export interface Words {
  /** DATA, when it was given as a word. */
  readonly data: string | null;
  readonly flags: readonly ArgumentFlag[];
  readonly options: Options;
}

/**
 * Sorts what stands after the command. Without `args` (the interface is not known, or not yet) a flag takes the next
 * word unless that is a flag itself. @throws ToolError `usage`
 */
export function sortWords(rest: readonly string[], args: readonly FieldShape[] | null, before: Options, known: Vocabulary = args === null ? EITHER : CALL): Words {
  const options = { ...before, json: { ...before.json }, asking: { ...before.asking, files: [...before.asking.files], params: { ...before.asking.params } } };
  const words: string[] = [];
  const flags: ArgumentFlag[] = [];
  for (let at = 0; at < rest.length; ) {
    const token = rest[at] ?? "";
    if (token === "--") {
      words.push(...rest.slice(at + 1));
      break;
    }
    const next = takeOption(rest, at, options, known);
    if (next !== null) {
      at = next;
    } else if (token.startsWith("--")) {
      const [name, inline] = splitAtEquals(token.slice(2));
      const value = inline ?? (takesNext(name, rest[at + 1], args) ? rest[at + 1] : undefined) ?? true;
      flags.push({ name, value });
      at += inline === undefined && value !== true ? 2 : 1;
    } else if (/^-[A-Za-z]/.test(token)) {
      const asking = askFlags.find(({ short }) => short === token[1]);
      if (asking !== undefined) throw forModels(asking, token[1] === "t" ? `The longest silence is --timeout${token.length > 2 ? ` ${token.slice(2)}` : rest[at + 1] === undefined ? "" : ` ${rest[at + 1]}`}` : undefined);
      throw usage(`there is no flag ${token}`, "Text that starts with a dash goes behind --: cpipe TOOL CMD -- TEXT");
    } else {
      words.push(token);
      at++;
    }
  }
  if (words.length > 1) throw usage(`one DATA only, got ${words.length} words`, `Quote it for the shell: "${words.join(" ")}"`);
  if (words.length > 0 && options.data !== null) throw usage("DATA was given twice: as a word and with --data");
  return { data: words[0] ?? null, flags, options };
}

/** The arguments that the flags amount to. Without `args`, values are JSON where they read as JSON, else text. @throws ToolError `usage` */
export function fieldsOf(flags: readonly ArgumentFlag[], args: readonly FieldShape[] | null, cmd: string): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const { name, value } of flags) {
    const named = args === null ? null : argumentOf(name, args);
    if (named === null) {
      if (args !== null) throw unknownArgument(name, args, cmd);
      fields[name.replaceAll("-", "_")] = value === true ? true : guess(value);
      continue;
    }
    const { arg } = named;
    const coerced = valueOf(name, value, named);
    const earlier = fields[arg.name];
    fields[arg.name] = Array.isArray(earlier) && Array.isArray(coerced) ? [...(earlier as unknown[]), ...(coerced as unknown[])] : coerced;
    if (earlier !== undefined && !isArray(arg.type)) throw usage(`--${name} was given twice`);
  }
  return fields;
}

/** One of `askFlags` was given where nothing is asked of a model. */
export function forModels(flag?: Flag, hint = "As in: cpipe chat ask"): ToolError {
  const named = flag === undefined ? askFlags.map(({ name }) => `--${name}`).join(", ") : `${flag.short === undefined ? "" : `-${flag.short}, `}--${flag.name}`;
  return usage(`${named} ${flag === undefined ? "are" : "is"} for what is asked of a model, by ask or chat`, hint);
}

/** `maxTokens` as the flag that people type. */
export function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll("_", "-")}`;
}

interface Named {
  readonly arg: FieldShape;
  /** Given as `--no-NAME`. */
  readonly negated: boolean;
}

/** The argument behind `max-tokens`, `maxTokens` or `max_tokens`, or behind `no-follow`. */
function argumentOf(flag: string, args: readonly FieldShape[]): Named | null {
  const bare = (name: string): string => name.replaceAll(/[-_]/g, "").toLowerCase();
  const find = (name: string) => args.find((arg) => bare(arg.name) === bare(name));
  const found = find(flag);
  if (found !== undefined) return { arg: found, negated: false };
  const positive = flag.startsWith("no-") ? find(flag.slice(3)) : undefined;
  return positive !== undefined && isBoolean(positive.type) ? { arg: positive, negated: true } : null;
}

function takesNext(name: string, next: string | undefined, args: readonly FieldShape[] | null): boolean {
  if (next === undefined) return false;
  const named = args === null ? null : argumentOf(name, args);
  return named === null ? !/^-[-A-Za-z]/.test(next) : !isBoolean(named.arg.type);
}

function valueOf(name: string, value: string | true, { arg, negated }: Named): unknown {
  if (isBoolean(arg.type) && value === true) return !negated;
  if (negated) throw usage(`--${name} takes no value`);
  if (value === true) throw usage(`--${name}: expected ${arg.type}, got nothing`);
  const coerced = arg.type === "any" ? guess(value) : coerce(value, arg.type);
  if (coerced === MISFIT) throw usage(`--${name}: expected ${arg.type}, got ${shorten(value)}`);
  return coerced;
}

function unknownArgument(name: string, args: readonly FieldShape[], cmd: string): ToolError {
  const asking = askFlags.find((flag) => flag.name === name);
  if (asking !== undefined) return forModels(asking);
  const near = suggest(flagOf(name).slice(2), [...args.map((arg) => flagOf(arg.name).slice(2)), ...callFlags.map((flag) => flag.name)]);
  const known = args.map((arg) => flagOf(arg.name)).join(", ");
  return usage(`${cmd} has no argument --${name}`, near === null ? (known === "" ? `${cmd} takes no arguments` : `It takes: ${known}`) : `Did you mean --${near}?`);
}
