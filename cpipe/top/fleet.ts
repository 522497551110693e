import type { RegistryEntry } from "../../pipes/protocol/registry.ts";
import { emptyEditor, replaceAll } from "../editor/editor.ts";
import type { Key } from "../terminal/keys.ts";
import { type Action, actionOf, helpLines } from "./keys.ts";
import { followed } from "./logs.ts";
import { opened } from "./messenger/update.ts";
import { bodyHeight, type Effect, type Model, selectedTool, toolsShown, type Updated } from "./model.ts";
import type { Row } from "./row.ts";

/** A key while the tools are shown. */
export function pressedInFleet(model: Model, key: Key): Updated {
  const action = actionOf(key.id);
  if (action === undefined) return [model, []];
  if (action === "explain") return explained(model);
  return act({ ...model, notice: null }, action);
}

function act(model: Model, action: Exclude<Action, "explain">): Updated {
  const page = Math.max(1, bodyHeight(model) - 2);
  switch (action) {
    case "up":
      return moved(model, -1);
    case "down":
      return moved(model, 1);
    case "page-up":
      return moved(model, -page);
    case "page-down":
      return moved(model, page);
    case "first":
      return moved(model, -Infinity);
    case "last":
      return moved(model, Infinity);
    case "details":
      return withTool(model, ({ name }) => [{ ...model, page: { kind: "details", tool: name, scroll: 0 } }, []]);
    case "logs":
      return withTool(model, ({ name }) => followed(model, name, "trace"));
    case "all-logs":
      return followed(model, null, "trace");
    case "message":
      return withTool(model, (tool) => opened(model, tool));
    case "filter":
      return [{ ...model, question: { kind: "filter", before: model.filter, editor: replaceAll(emptyEditor, model.filter) } }, []];
    case "forget":
      return [{ ...model, filter: "" }, []];
    case "start":
      return model.daemon === null ? begun(model, "starting the daemon", { do: "start-daemon", id: model.nextId }) : asked(model, "start");
    case "restart":
    case "release":
      return asked(model, action);
    case "stop":
      return withTool(model, (tool) => confirmed(model, tool));
    case "reload":
      return ask(model, "reading tools.yaml", "reload", {});
    case "dry-run":
      return ask(model, "comparing tools.yaml", "reload", { dry_run: true });
    case "edit":
      return model.daemon === null ? [said(model, "no daemon runs that would say where its tools.yaml is"), []] : [model, [{ do: "edit", path: model.daemon.config.path }]];
    case "help":
      return [{ ...model, page: { kind: "text", title: "keys", lines: helpRows(), scroll: 0, back: model.page } }, []];
    case "redraw":
    case "suspend":
    case "quit":
    case "interrupt":
      return [model, [{ do: action }]];
  }
}

function moved(model: Model, by: number): Updated {
  const shown = toolsShown(model);
  const at = shown.findIndex(({ name }) => name === selectedTool(model)?.name);
  const to = Math.max(0, Math.min(shown.length - 1, at + by));
  return [{ ...model, selected: shown[to]?.name ?? null }, []];
}

const DOING: Readonly<Record<string, string>> = { start: "starting", restart: "restarting", release: "freeing the memory of", stop: "stopping" };

function asked(model: Model, cmd: "start" | "restart" | "release"): Updated {
  return withTool(model, ({ name }) => ask(model, `${DOING[cmd]} ${name}`, cmd, { tool: name }));
}

function confirmed(model: Model, { name }: RegistryEntry): Updated {
  if (model.daemon === null) return [said(model, NO_DAEMON), []];
  const effect: Extract<Effect, { do: "ask" }> = { do: "ask", id: model.nextId, cmd: "stop", args: { tool: name } };
  return [{ ...model, nextId: model.nextId + 1, question: { kind: "confirm", asks: `Stop ${name}? y: yes, any other key: no`, effect, what: `stopping ${name}` } }, []];
}

const NO_DAEMON = "no daemon is running";

function ask(model: Model, what: string, cmd: string, args: Readonly<Record<string, unknown>>): Updated {
  return model.daemon === null ? [said(model, NO_DAEMON), []] : begun(model, what, { do: "ask", id: model.nextId, cmd, args });
}

function begun(model: Model, what: string, effect: Extract<Effect, { id: number }>): Updated {
  return [{ ...model, nextId: model.nextId + 1, running: [...model.running, { id: effect.id, what }] }, [effect]];
}

function withTool(model: Model, then: (tool: RegistryEntry) => Updated): Updated {
  const tool = selectedTool(model);
  return tool === null ? [said(model, "there is no tool here"), []] : then(tool);
}

function said(model: Model, text: string): Model {
  return { ...model, notice: { text, failed: true, full: [] } };
}

/** The last message in full. */
function explained(model: Model): Updated {
  const { notice } = model;
  if (notice === null || notice.full.length === 0) return [model, []];
  return [{ ...model, notice: null, page: { kind: "text", title: notice.failed ? "what went wrong" : notice.text, lines: notice.full, scroll: 0, back: model.page } }, []];
}

function helpRows(): Row[] {
  const width = Math.max(...helpLines.map(([keys]) => keys.length));
  return helpLines.map(([keys, does]) => [{ text: ` ${keys.padEnd(width)}  `, tint: "strong" }, { text: does }]);
}
