import type { ToolEvent } from "../../pipes/protocol/messages.ts";
import type { Metrics } from "../../pipes/protocol/metrics.ts";
import type { Registry, RegistryEntry } from "../../pipes/protocol/registry.ts";
import { isObject } from "../options.ts";
import { keptOf, type Model, toolsShown } from "./model.ts";

/** So many shares of a core are kept of each tool. */
const HISTORY = 30;

/** What an event of `watch` changes. One that is not known changes nothing. */
export function afterEvent(model: Model, event: ToolEvent): Model {
  switch (event.event) {
    case "tool":
      return isEntry(event["tool"]) ? withTool(model, event["tool"]) : model;
    case "tool_removed":
      return without(model, String(event["name"]));
    case "metrics":
      return isObject(event["metrics"]) ? withMetrics(model, event["metrics"] as unknown as Metrics) : model;
    default:
      return model;
  }
}

/**
 * What the file of the daemon says: of itself, and in which order the tools are; how they are, too, until the daemon itself tells that. While it does,
 * a file that has gone means nothing: its end is that of the session.
 */
export function afterRegistry(model: Model, registry: Registry | null): Model {
  if (registry === null) return model.attached ? model : { ...model, daemon: null, trouble: null, tools: [], metrics: null, history: {} };
  const daemon = { ...registry.daemon, config: registry.config };
  if (!model.attached) return { ...model, daemon, tools: Object.values(registry.tools) };
  const order = Object.keys(registry.tools);
  const place = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  return { ...model, daemon, tools: [...model.tools].sort((a, b) => place(a.name) - place(b.name)) };
}

function withTool(model: Model, tool: RegistryEntry): Model {
  const isNew = !model.tools.some(({ name }) => name === tool.name);
  const tools = isNew ? [...model.tools, tool] : model.tools.map((before) => (before.name === tool.name ? tool : before));
  return { ...model, tools, unheard: model.unheard.filter((name) => name !== tool.name) };
}

/** The selection goes to the one that takes its place. */
function without(model: Model, name: string): Model {
  const shown = toolsShown(model).map((tool) => tool.name);
  const at = shown.indexOf(name);
  const selected = model.selected === name ? (shown[at + 1] ?? shown[at - 1] ?? null) : model.selected;
  return { ...model, tools: model.tools.filter((tool) => tool.name !== name), selected };
}

/** They come after all tools have been told of: what was not is no more. */
function withMetrics(before: Model, metrics: Metrics): Model {
  const model = { ...before.unheard.reduce(without, before), unheard: [] };
  const used = Object.entries(metrics.tools).map(([name, { cpu }]) => [name, [...(keptOf(model.history, name) ?? []), cpu].slice(-HISTORY)] as const);
  return { ...model, metrics, history: Object.fromEntries(used) };
}

function isEntry(value: unknown): value is RegistryEntry {
  return isObject(value) && typeof value["name"] === "string" && typeof value["phase"] === "string";
}
