import { ToolError } from "../../../pipes/protocol/errors.ts";
import { argumentsOf, type ObjectSchema } from "../../../pipes/protocol/interfaces/arguments.ts";
import type { CommandShape, InterfaceShape } from "../../../pipes/protocol/interfaces/shape.ts";
import { PROMPT_NAMES } from "../../../pipes/protocol/interfaces/words.ts";
import { suggest } from "../../../pipes/protocol/suggest.ts";
import type { ModelFunction } from "../engine/messages.ts";
import type { Choice } from "./choice.ts";

/** A command of another tool that the model may call. */
export interface Offer {
  readonly tool: string;
  readonly cmd: string;
  readonly description: string;
  readonly schema: ObjectSchema;
  /** The argument that plain text means, where the command makes no sense without it and changes nothing; see `completed`. */
  readonly text: string | null;
}

/**
 * The commands that a choice of a tool amounts to. A model's words are nobody's orders, so a tool that is named as a whole gives only what it declares
 * to be `readOnly`; any other command has to be named. @throws ToolError `unsupported`, `invalid-request`
 */
export function offersOf({ tool, cmd }: Choice, interfaces: readonly InterfaceShape[]): Offer[] {
  const commands = interfaces.filter(({ name }) => name !== "base").flatMap((shape) => shape.commands);
  if (cmd === null) {
    const free = commands.filter(({ readOnly }) => readOnly === true);
    if (free.length > 0) return free.map((command) => offerOf(tool, command));
    const names = commands.map(({ name }) => `${tool}.${name}`);
    const hint = names.length === 0 ? {} : { hint: `Name what the model may use: ${names.join(", ")}` };
    throw new ToolError("unsupported", { tool, what: "be given to a model as a whole: none of its commands declares that it changes nothing", ...hint });
  }
  const named = commands.find(({ name }) => name.toLowerCase() === cmd.toLowerCase());
  if (named !== undefined) return [offerOf(tool, named)];
  const names = commands.map(({ name }) => name);
  const near = suggest(cmd, names);
  const hint = near === null ? {} : { hint: `Did you mean '${tool}.${near}'?` };
  throw new ToolError("invalid-request", { path: "$.tools", expected: `a command of ${tool} (${names.join(", ") || "it tells of none"})`, got: `${tool}.${cmd}`, ...hint });
}

/** The offers under the names that the model calls them by: letters, digits and `_` are what all templates can write. `taken` are names of other functions. */
export function named(offers: readonly Offer[], taken: readonly string[] = []): ReadonlyMap<string, Offer> {
  const byName = new Map<string, Offer>();
  for (const offer of offers) {
    if ([...byName.values()].some(({ tool, cmd }) => tool === offer.tool && cmd === offer.cmd)) continue;
    const plain = `${offer.tool}_${offer.cmd}`.replaceAll(/\W/g, "_");
    let name = plain;
    for (let n = 2; byName.has(name) || taken.includes(name); n++) name = `${plain}_${n}`;
    byName.set(name, offer);
  }
  return byName;
}

/** As the engine takes them. A command without arguments has no schema. */
export function functionsOf(offers: ReadonlyMap<string, Offer>): Record<string, ModelFunction> {
  const entries = [...offers].map(([name, { description, schema }]) => {
    const taken = Object.keys(schema.properties).length === 0 ? {} : { schema };
    return [name, { ...(description === "" ? {} : { description }), ...taken }] as const;
  });
  return Object.fromEntries(entries);
}

function offerOf(tool: string, command: CommandShape): Offer {
  const schema = argumentsOf(command);
  const [first] = command.args;
  const isText = command.readOnly === true && first !== undefined && (first.required || PROMPT_NAMES.has(first.name)) && schema.properties[first.name]?.["type"] === "string";
  return { tool, cmd: command.name, description: command.description, schema, text: isText ? first.name : null };
}
