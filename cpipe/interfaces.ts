import type { ToolClient } from "../pipes/client/tool-client.ts";
import type { FieldShape, InterfaceShape } from "../pipes/protocol/interfaces/shape.ts";
import { asText, isObject } from "./options.ts";

export type CommandShape = InterfaceShape["commands"][number];

/**
 * Commands that every tool answers, in either dialect, and that take no text and may be sent twice: for them no
 * interface is looked up. Source: wire-protocol §3, §4.
 */
export const PLAIN_COMMANDS: ReadonlySet<string> = new Set([
  "ping",
  "get_state",
  "get_description",
  "get_help",
  "get_config",
  "list_interfaces",
  "status",
  "description",
  "help",
]);

/** What a tool says of a command itself goes before what every tool says of it: the daemon's `stop` takes a tool. */
export function commandIn(interfaces: readonly InterfaceShape[], cmd: string): CommandShape | null {
  const sorted = [...interfaces].sort((a, b) => Number(a.name === "base") - Number(b.name === "base"));
  const commands = sorted.flatMap((shape) => shape.commands);
  return commands.find((command) => command.name === cmd) ?? commands.find((command) => command.name.toLowerCase() === cmd.toLowerCase()) ?? null;
}

/** Asks a tool for its interfaces; none for a server that has none to tell of, such as upstream's older ones. */
export async function askInterfaces(client: ToolClient, options: { timeout: number; signal: AbortSignal }): Promise<InterfaceShape[]> {
  const listed = await client.call("list_interfaces", {}, { ...options, idempotent: true }).catch(unlessUnknown);
  const names = Array.isArray(listed?.["interfaces"]) ? listed["interfaces"].filter((name) => typeof name === "string") : [];
  const answers = await Promise.all(names.map((name) => client.call("get_interface", { name }, { ...options, idempotent: true }).catch(unlessUnknown)));
  return answers.flatMap((answer) => {
    const shape = answer === null ? null : shapeFrom(answer["interface"]);
    return shape === null ? [] : [shape];
  });
}

/** A tool may refuse the question; it may not leave it unanswered. */
function unlessUnknown(error: unknown): null {
  const code = (error as { code?: unknown }).code;
  if (code === "handler-failed" || code === "unknown-command" || code === "unknown-interface") return null;
  throw error;
}

/** What another program calls an interface, with whatever it left out. */
function shapeFrom(value: unknown): InterfaceShape | null {
  if (!isObject(value)) return null;
  const members = (key: string): Record<string, unknown>[] => (Array.isArray(value[key]) ? value[key].filter(isObject) : []);
  return {
    ...named(value),
    commands: members("commands").map((command) => ({
      ...named(command),
      args: fieldsFrom(command["args"]),
      ...(typeof command["idempotent"] === "boolean" ? { idempotent: command["idempotent"] } : {}),
      ...(typeof command["streams"] === "boolean" ? { streams: command["streams"] } : {}),
    })),
    events: members("events").map((event) => ({ ...named(event), fields: fieldsFrom(event["fields"]) })),
  };
}

function fieldsFrom(value: unknown): FieldShape[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isObject).map((field) => ({
    ...named(field),
    type: typeof field["type"] === "string" ? field["type"] : "any",
    required: field["required"] === true,
    default: field["default"] ?? null,
  }));
}

function named(value: Record<string, unknown>): { name: string; description: string } {
  return { name: asText(value["name"]), description: asText(value["description"]) };
}
