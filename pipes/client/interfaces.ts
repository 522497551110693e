import type { FieldShape, InterfaceShape } from "../protocol/interfaces/shape.ts";
import type { ToolClient } from "./tool-client.ts";

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
      ...(typeof command["readOnly"] === "boolean" ? { readOnly: command["readOnly"] } : {}),
      ...(typeof command["streams"] === "boolean" ? { streams: command["streams"] } : {}),
      ...(command["audio"] === "reply" || command["audio"] === "request" ? { audio: command["audio"] } : {}),
      ...(isObject(command["schema"]) ? { schema: command["schema"] } : {}),
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

function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
