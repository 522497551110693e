import type { CommandShape, FieldShape } from "../../pipes/protocol/interfaces/shape.ts";
import { isArray, isBoolean } from "../coerce.ts";
import { askFlags, callFlags, type Flag, modeFlags } from "../flags.ts";
import { asksModel, commandIn, modelIn } from "../interfaces.ts";
import { splitAtEquals } from "../options.ts";
import { flagOf } from "../words.ts";
import { both, type Candidate, type Completion, FILES, inline, NOTHING, words } from "./candidates.ts";
import type { Fleet } from "./fleet.ts";
import { completeMode } from "./modes.ts";
import { valuesNamed, valuesOf } from "./values.ts";

/** What may stand where the cursor is. `line` is what stands behind `cpipe` up to there; the last word is being typed, and may be empty. */
export function complete(line: readonly string[], fleet: Fleet): Completion {
  const current = line.at(-1) ?? "";
  const before = line.slice(0, -1);
  const at = placeOf(before, fleet);
  if (at.kind === "mode") return completeMode(at.mode, at.words, current, fleet);
  if (at.pending !== null) return at.pending;
  if (at.literal) return NOTHING;
  const [flag, value] = splitAtEquals(current);
  if (value !== undefined && flag.startsWith("--")) return inline(flag, valuesOfFlag(flag, at, fleet));
  if (at.tool === null) return current.startsWith("-") ? flagsOf(callFlags, modeFlags) : current.includes("/") ? FILES : { candidates: [...fleet.tools, SUPERVISOR_ITSELF], files: false };
  if (at.cmd === null) return current.startsWith("-") ? flagsOf(at.own) : { candidates: commandsOf(at.tool, fleet), files: false };
  if (current.startsWith("-")) return both({ candidates: argumentFlags(at), files: false }, flagsOf(at.own));
  return atData(at, current, fleet);
}

/** The daemon answers by this name, and is in no registry. */
const SUPERVISOR_ITSELF: Candidate = { value: "supervisor", description: "the daemon itself" };

interface CallPlace {
  readonly kind: "call";
  readonly tool: string | null;
  readonly cmd: string | null;
  readonly command: CommandShape | null;
  /** The flags of cpipe's own that may stand here. */
  readonly own: readonly Flag[];
  /** DATA stands there already. */
  readonly data: boolean;
  /** Arguments that were given as flags. */
  readonly given: ReadonlySet<string>;
  /** What the flag before the cursor takes; null when it takes none. */
  readonly pending: Completion | null;
  /** Behind `--`. */
  readonly literal: boolean;
}
type Place = CallPlace | { readonly kind: "mode"; readonly mode: string; readonly words: readonly string[] };

/** Reads the words before the cursor as `parseArguments` would. */
function placeOf(before: readonly string[], fleet: Fleet): Place {
  const typed: string[] = [];
  const given = new Set<string>();
  let command: CommandShape | null = null;
  let flags = callFlags;
  let pending: Completion | null = null;
  let literal = false;
  for (let at = 0; at < before.length; at++) {
    const word = before[at] ?? "";
    const [name, value] = splitAtEquals(word);
    if (literal || !word.startsWith("-") || word === "-") {
      typed.push(word);
      const interfaces = typed.length > 2 ? [] : fleet.interfacesOf(typed[0] ?? "");
      if (typed.length === 2) command = commandIn(interfaces, word);
      if (typed.length < 3) flags = (typed.length === 1 ? modelIn(interfaces) !== undefined : asksModel(interfaces, word)) ? [...callFlags, ...askFlags] : callFlags;
      continue;
    }
    if (word === "--") {
      literal = typed.length >= 2;
      continue;
    }
    const mode = typed.length === 0 ? modeFlags.find((flag) => `--${flag.name}` === name || `-${flag.short}` === word) : undefined;
    if (mode !== undefined) return { kind: "mode", mode: mode.name, words: value === undefined ? before.slice(at + 1) : [value, ...before.slice(at + 1)] };
    const own = flags.find((flag) => `--${flag.name}` === name || `-${flag.short}` === word);
    const arg = own === undefined ? argumentNamed(name, command) : undefined;
    if (arg !== undefined) given.add(arg.name);
    const takes = value === undefined && (own === undefined ? arg !== undefined && !isBoolean(arg.type) : own.value !== undefined && !own.value.startsWith("["));
    if (!takes) continue;
    if (at === before.length - 1) pending = own === undefined ? (arg === undefined ? NOTHING : valuesOf(typed[0] ?? "", arg, fleet)) : valuesOfOwn(own, fleet);
    at++;
  }
  return { kind: "call", tool: typed[0] ?? null, cmd: typed[1] ?? null, command, own: flags, data: typed.length > 2, given, pending, literal };
}

/** Behind the command: what DATA may be, or, where nothing is known of that, the command's flags. */
function atData(at: CallPlace, current: string, fleet: Fleet): Completion {
  if (current.startsWith("@")) return FILES;
  const [first] = at.command?.args ?? [];
  const data = at.data || first === undefined || at.given.has(first.name) || isBoolean(first.type) ? NOTHING : valuesOf(at.tool ?? "", first, fleet);
  if (current !== "" || data.candidates.length > 0) return data;
  return both(data, { candidates: argumentFlags(at), files: false });
}

/** What a client's library says for it. */
const UNTYPED: ReadonlySet<string> = new Set(["subscribe", "unsubscribe", "cancel", "drain"]);

function commandsOf(tool: string, fleet: Fleet): Candidate[] {
  const seen = new Map<string, Candidate>();
  for (const { name, description } of fleet.interfacesOf(tool).flatMap((shape) => shape.commands)) if (!seen.has(name) && !UNTYPED.has(name)) seen.set(name, { value: name, description });
  return [...seen.values()];
}

/** The command's arguments as flags, those left out that were given already and may be given once only. */
function argumentFlags({ command, given, own }: CallPlace): Candidate[] {
  return (command?.args ?? []).flatMap((arg) => {
    if (own.some(({ name }) => name === arg.name) || (given.has(arg.name) && !isArray(arg.type))) return [];
    const flag = { value: flagOf(arg.name), description: arg.description };
    if (!isBoolean(arg.type)) return [flag];
    const negated = { value: `--no-${flag.value.slice(2)}`, description: `not: ${arg.description}` };
    return arg.default === true ? [negated, flag] : [flag, negated];
  });
}

function argumentNamed(flag: string, command: CommandShape | null): FieldShape | undefined {
  const bare = (name: string): string => name.replaceAll(/[-_]/g, "").toLowerCase();
  const args = command?.args ?? [];
  return args.find(({ name }) => bare(name) === bare(flag)) ?? args.find(({ name, type }) => isBoolean(type) && `no${bare(name)}` === bare(flag));
}

function valuesOfFlag(flag: string, at: CallPlace, fleet: Fleet): Completion {
  const own = at.own.find(({ name }) => `--${name}` === flag);
  if (own !== undefined) return valuesOfOwn(own, fleet);
  const arg = argumentNamed(flag, at.command);
  return arg === undefined ? NOTHING : valuesOf(at.tool ?? "", arg, fleet);
}

function valuesOfOwn({ name, value = "" }: Flag, fleet: Fleet): Completion {
  if (name === "speak") return { candidates: fleet.toolsWith("say"), files: false };
  if (name === "conversation") return words(...fleet.conversations);
  if (name === "template") return both(words(...fleet.templates), FILES);
  return valuesNamed(value, fleet);
}

/** A flag whose value may be left out is offered both ways where the value has to stand behind a `=`. */
function flagsOf(...lists: ReadonlyArray<readonly Flag[]>): Completion {
  const candidates = lists.flat().flatMap(({ name, value, description }) => [{ value: `--${name}`, description }, ...(value?.startsWith("[=") === true ? [{ value: `--${name}=`, description }] : [])]);
  return { candidates, files: false };
}
