import { inBytes } from "../../pipes/protocol/quantity.ts";
import type { CommandShape } from "../../pipes/protocol/interfaces/shape.ts";
import type { RegistryEntry } from "../../pipes/protocol/registry.ts";
import { elapsed, stateOf } from "../describe.ts";
import { localTime } from "../standing.ts";
import { queueOf, rateOf, sparkline, stateTint } from "./columns.ts";
import { keptOf, type Model } from "./model.ts";
import { padded, type Row, row } from "./row.ts";

type Fact = readonly [name: string, value: Row | string | null];

/** All that is known of a tool. `now` in ms since 1970. */
export function detailLines(model: Model, name: string, now: number): Row[] {
  const tool = model.tools.find((one) => one.name === name);
  if (tool === undefined) return [row(`${name} is no longer in tools.yaml.`)];
  return [[{ text: tool.name, tint: "title" }, { text: `  ${tool.description}` }], [], ...inColumns(factsOf(model, tool, now)), ...deathsOf(tool, now), ...commandsOf(tool)];
}

function factsOf(model: Model, tool: RegistryEntry, now: number): Fact[] {
  const use = keptOf(model.metrics?.tools, tool.name) ?? null;
  const work = use?.work ?? null;
  const running = tool.pid !== null;
  const memory = use?.memory ?? tool.memory;
  return [
    ["state", [{ text: stateOf(tool), tint: stateTint(tool) }, { text: tool.want === "down" && tool.phase !== "down" ? ", to be stopped" : "" }]],
    ["why", tool.reason],
    ["pid", running ? `${tool.pid}${use !== null && use.processes > 1 ? `, ${use.processes} processes in all` : ""}` : null],
    ["since", running && tool.started !== null ? `${localTime(tool.started)}, for ${elapsed(now - Date.parse(tool.started))}` : null],
    ["cpu", use === null ? null : [{ text: `${Math.round(use.cpu)}% of a core  ` }, { text: sparkline(keptOf(model.history, tool.name) ?? []), tint: "faint" }]],
    ["memory", running && memory !== null ? inBytes(memory) : null],
    ["requests", work === null ? null : `${queueOf(use) || "none"} under way, ${work.served} answered, ${work.failed} failed`],
    ["rate", rateOf(use)],
    ["restarts", String(tool.restarts)],
    ["kind", tool.kind],
    ["model", tool.model],
    ["keep", tool.keep],
    ["beside", (tool.beside ?? []).map(({ role, pid, state }) => `${role} ${pid} ${state ?? ""}`.trim()).join(", ")],
    ["pipe", tool.path],
    ["log", tool.log],
    ["settings", model.daemon === null ? null : model.daemon.config.path],
  ];
}

function inColumns(facts: readonly Fact[]): Row[] {
  const told = facts.filter(([, value]) => value !== null && value !== "");
  const width = Math.max(...told.map(([name]) => name.length));
  return told.map(([name, value]) => [{ text: `  ${padded(name, width)}  `, tint: "faint" }, ...(typeof value === "string" ? row(value) : (value ?? []))]);
}

function deathsOf({ deaths }: RegistryEntry, now: number): Row[] {
  if (deaths.length === 0) return [];
  const rows = deaths.toReversed().map(({ at, cause, code, signal, what, ran }): Row => {
    const by = signal ?? (code === null ? "" : `code ${code}`);
    const lived = ran === null ? "" : `, after ${ran < 1000 ? `${Math.round(ran)}ms` : elapsed(ran)}`;
    return [{ text: `  ${localTime(at)}, ${elapsed(now - Date.parse(at))} ago  `, tint: "faint" }, { text: cause, tint: cause === "exit" ? undefined : "bad" }, { text: `${by === "" ? "" : ` (${by})`}${lived}: ${what}` }];
  });
  return [[], row(deaths.length === 1 ? "Its last death" : `Its last ${deaths.length} deaths, the latest first`, "strong"), ...rows];
}

function commandsOf({ interfaces }: RegistryEntry): Row[] {
  return interfaces.flatMap(({ name, description, commands }) => [[], [{ text: name, tint: "strong" }, { text: `  ${description}` }], ...commands.map(commandRow)] satisfies Row[]);
}

function commandRow({ name, description, args }: CommandShape): Row {
  const words = args.map((arg) => (arg.required ? arg.name.toUpperCase() : `[${arg.name}]`)).join(" ");
  return [{ text: `  ${name}` }, { text: words === "" ? "" : ` ${words}`, tint: "faint" }, { text: `  ${description}` }];
}
