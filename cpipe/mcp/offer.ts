import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { argumentsOf, type ObjectSchema, type Schema } from "../../pipes/protocol/interfaces/arguments.ts";
import type { CommandShape, InterfaceShape } from "../../pipes/protocol/interfaces/shape.ts";
import { type Command, namesFor } from "./names.ts";

/** A tool as the bridge knows it. */
export interface KnownTool {
  readonly name: string;
  readonly description: string;
  /** Without what every tool answers. */
  readonly interfaces: readonly InterfaceShape[];
}

/** A command of a tool that an agent may call. */
export interface Offer extends Command {
  readonly shape: CommandShape;
  /** What it takes from an agent; less than from others, where the rest makes no sense over MCP. */
  readonly schema: ObjectSchema;
}

/** Everything an agent may call, by the name that it calls it by. `only`: `chat` or `vector.search` each, all where it names none. */
export function offersOf(tools: readonly KnownTool[], only: readonly string[] = []): Map<string, Offer> {
  const offers = tools.flatMap(({ name, interfaces }) => interfaces.flatMap((shape) => shape.commands.flatMap((command) => offerOf(name, shape.name, command))));
  const seen = new Set<string>();
  const named = offers.filter(({ tool, cmd }) => only.length === 0 || only.includes(tool) || only.includes(`${tool}.${cmd}`));
  const once = named.filter(({ tool, cmd }) => !seen.has(`${tool}\0${cmd}`) && seen.add(`${tool}\0${cmd}`));
  return namesFor(once);
}

/** As `tools/list` tells it. */
export function toolOf(name: string, { tool, cmd, shape, schema }: Offer, about: string): Tool {
  const { readOnly, idempotent } = shape;
  return {
    name,
    description: [shape.description, about === "" ? "" : `(${tool}: ${about})`].filter((part) => part !== "").join(" "),
    inputSchema: { ...schema, type: "object", properties: { ...schema.properties }, required: [...schema.required] },
    annotations: { title: `${tool} ${cmd}`, ...(readOnly === undefined ? {} : { readOnlyHint: readOnly }), ...(idempotent === undefined ? {} : { idempotentHint: idempotent }) },
  };
}

interface Fitting {
  /** Arguments that are not offered: what they ask for does not go over MCP, or does not end. */
  readonly without?: readonly string[];
  /** Without these, it would mean more than an agent should do by leaving something out, or not end. */
  readonly required?: readonly string[];
}

/** What is not offered as it is, by interface and command. Null: not at all. */
const FITTINGS: Readonly<Record<string, Readonly<Record<string, Fitting | null>>>> = {
  supervisor: { watch: null, upgrade: null, sweep: null, logs: { without: ["follow"] }, stop: { required: ["tool"] } },
  stt: { listen: { required: ["utterances"] } },
};

function offerOf(tool: string, of: string, shape: CommandShape): Offer[] {
  const fitting = FITTINGS[of]?.[shape.name];
  if (fitting === null) return [];
  const whole = argumentsOf(shape);
  const sound = soundless(shape, whole);
  if (sound === null) return [];
  const without = new Set([...(fitting?.without ?? []), ...(sound.without ?? [])]);
  const properties = Object.fromEntries(Object.entries(whole.properties).flatMap(([name, schema]) => (without.has(name) ? [] : [[name, bare(schema)]])));
  const required = [...new Set([...whole.required, ...(fitting?.required ?? []), ...(sound.required ?? [])])].filter((name) => Object.hasOwn(properties, name));
  return [{ tool, cmd: shape.name, shape, schema: { ...whole, properties, required } }];
}

/** Without the word of our own that JSON Schema does not have: some clients refuse what they do not know. */
function bare(schema: Schema): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([word]) => word !== "means"));
}

/** No sound goes over MCP: it has to have a file to come from, or a file or a loudspeaker to go to. */
function soundless({ audio }: CommandShape, { properties }: ObjectSchema): Fitting | null {
  if (audio === undefined) return {};
  if (!Object.hasOwn(properties, "path")) return null;
  return audio === "request" ? { without: ["audio"], required: ["path"] } : {};
}
