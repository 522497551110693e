import { readRegistry } from "../../pipes/client/registry.ts";
import { parseAddress, SUPERVISOR } from "../../pipes/protocol/names.ts";
import type { InterfaceShape } from "../../pipes/protocol/interfaces/shape.ts";
import { places } from "../../pipes/protocol/places.ts";
import type { Registry } from "../../pipes/protocol/registry.ts";
import { knownVoices } from "../../pipes/protocol/voices.ts";
import { takeStock } from "../commands/list.ts";
import { conversationNames, templateNames } from "../conversations/names.ts";
import { stateOf } from "../describe.ts";
import type { Candidate } from "./candidates.ts";
import { logFolder } from "../logs/folder.ts";
import { known } from "./known.ts";

/** What is there to be completed, as far as the registry and the names in the folder tell. No pipe is touched. */
export interface Fleet {
  readonly tools: readonly Candidate[];
  /** Those that it has written down. */
  voicesOf(tool: string): readonly Candidate[];
  /** Conversations and templates that are kept. */
  readonly conversations: readonly string[];
  readonly templates: readonly string[];
  /** Where the logs are. */
  readonly logs: string;
  /** Of a tool by name or path: its own first, then that of every tool. */
  interfacesOf(tool: string): readonly InterfaceShape[];
  /** Those that have one of these commands; all when none has. */
  toolsWith(...commands: readonly string[]): readonly Candidate[];
}

export function fleetFrom(registry: Registry | null = readRegistry()): Fleet {
  const tools = stock(registry).map((tool) => ({ value: tool.name, description: [stateOf(tool), tool.description].filter(Boolean).join(" – ") }));
  const own = (name: string): readonly InterfaceShape[] => {
    const entry = registry?.tools[name];
    if (entry !== undefined && entry.interfaces.length > 0) return entry.interfaces;
    // One that has not run yet has not told; what the built-in ones are is known.
    return declared(name === SUPERVISOR ? SUPERVISOR : (entry?.kind ?? ""));
  };
  return {
    tools,
    voicesOf: (tool) => knownVoices(places().voices, nameOf(tool)).map(({ name, languages }) => ({ value: name, description: languages.join(", ") })),
    get conversations() {
      return conversationNames();
    },
    get templates() {
      return templateNames();
    },
    logs: logFolder(registry),
    interfacesOf: (tool) => [...own(nameOf(tool)), ...declared("base")],
    toolsWith: (...commands) => {
      const able = tools.filter(({ value }) => own(value).some((shape) => shape.commands.some(({ name }) => commands.includes(name))));
      return able.length > 0 ? able : tools;
    },
  };
}

function declared(name: string): InterfaceShape[] {
  const commands = Object.hasOwn(known, name) ? known[name] : undefined;
  return commands === undefined ? [] : [{ name, description: "", commands: [...commands], events: [] }];
}

/** A folder that cannot be read has no tools. */
function stock(registry: Registry | null) {
  try {
    return takeStock(null, false, registry).tools;
  } catch {
    return [];
  }
}

function nameOf(tool: string): string {
  try {
    return parseAddress(tool).name;
  } catch {
    return tool; // no tool can have this name, and none will be found by it
  }
}
