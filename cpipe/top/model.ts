import type { ToolEvent } from "../../pipes/protocol/messages.ts";
import type { InterfaceShape } from "../../pipes/protocol/interfaces/shape.ts";
import type { Metrics } from "../../pipes/protocol/metrics.ts";
import type { Registry, RegistryEntry } from "../../pipes/protocol/registry.ts";
import type { LogLine } from "../../logs/merge.ts";
import type { Key } from "../terminal/keys.ts";
import type { Size } from "../terminal/hold.ts";
import type { Messenger } from "./messenger/model.ts";
import type { Scroll } from "./pane.ts";
import type { Row } from "./row.ts";

/** All that is shown is made from this, and from what time it is. */
export interface Model {
  readonly size: Size;
  /** Null while no daemon runs. */
  readonly daemon: Daemon | null;
  /** Whether what the tools are comes from the daemon now; what is shown may be old otherwise. */
  readonly attached: boolean;
  /** Why not, where that is more than that no daemon runs. */
  readonly trouble: string | null;
  /** In the order of tools.yaml. */
  readonly tools: readonly RegistryEntry[];
  /** Those that were shown when the daemon began to tell, and of which it has not told yet. */
  readonly unheard: readonly string[];
  readonly metrics: Metrics | null;
  /** The last shares of a core that each tool used, oldest first. */
  readonly history: Readonly<Record<string, readonly number[]>>;
  readonly selected: string | null;
  readonly filter: string;
  readonly page: Page;
  /** The messengers that were left, by their tool, to be gone on with. */
  readonly left: Readonly<Record<string, Messenger>>;
  /** What the last row asks. */
  readonly question: Question | null;
  /** What was asked of the daemon and is under way, by its number. */
  readonly running: ReadonlyArray<{ readonly id: number; readonly what: string }>;
  readonly notice: Notice | null;
  readonly nextId: number;
}

export type Daemon = Registry["daemon"] & Pick<Registry, "config">;

export type Page =
  | { readonly kind: "fleet" }
  | { readonly kind: "details"; readonly tool: string; readonly scroll: Scroll }
  | { readonly kind: "logs"; /** Null: all of them. */ readonly tool: string | null; readonly level: string; readonly lines: readonly Row[]; readonly scroll: Scroll }
  | { readonly kind: "text"; readonly title: string; readonly lines: readonly Row[]; readonly scroll: Scroll; readonly back: Page }
  | Messenger;

export type Question = { readonly kind: "filter"; readonly before: string } | { readonly kind: "confirm"; readonly asks: string; readonly effect: Extract<Effect, { do: "ask" }>; /** Said while it is under way. */ readonly what: string };

/** Said in the last row. `full` is all there is to it, where that is more. */
export interface Notice {
  readonly text: string;
  readonly failed: boolean;
  readonly full: readonly Row[];
}

export type Message =
  | { readonly type: "key"; readonly key: Key }
  | { readonly type: "resized"; readonly size: Size }
  | { readonly type: "registry"; readonly registry: Registry | null }
  | { readonly type: "attached" }
  | { readonly type: "detached"; readonly reason: string | null }
  /** One of `watch`. */
  | { readonly type: "event"; readonly event: ToolEvent }
  | { readonly type: "logged"; readonly lines: readonly LogLine[] }
  /** What an effect with this number came to. */
  | { readonly type: "done"; readonly id: number; readonly text: string; /** What is to be read of it beside that. */ readonly full: readonly Row[] }
  | { readonly type: "failed"; readonly id: number; readonly reason: string }
  | { readonly type: "said"; readonly text: string; readonly failed: boolean }
  | { readonly type: "described"; readonly tool: string; readonly interfaces: readonly InterfaceShape[] }
  /** A part of the answer to a message: the event, and the text that it is shown as. */
  | { readonly type: "answered"; readonly id: number; readonly event: ToolEvent; readonly text: string }
  | { readonly type: "answer-ended"; readonly id: number; readonly failure: string | null };

export type Effect =
  /** Asks the daemon; `done` or `failed` follows. */
  | { readonly do: "ask"; readonly id: number; readonly cmd: string; readonly args: Readonly<Record<string, unknown>> }
  | { readonly do: "start-daemon"; readonly id: number }
  /** `logged` follows until `unfollow`, or another `follow`. */
  | { readonly do: "follow"; readonly log: string | null; readonly level: string }
  | { readonly do: "describe"; readonly tool: string }
  | { readonly do: "send"; readonly id: number; readonly tool: string; readonly cmd: string; readonly args: Readonly<Record<string, unknown>>; /** Where the answer's sound goes. */ readonly file: string | null }
  | { readonly do: "cancel"; readonly id: number }
  | { readonly do: "edit"; readonly path: string }
  | { readonly do: "unfollow" | "suspend" | "redraw" | "quit" | "interrupt" };

export type Updated = readonly [Model, readonly Effect[]];

export function initialModel(size: Size): Model {
  return { size, daemon: null, attached: false, trouble: null, tools: [], unheard: [], metrics: null, history: {}, selected: null, filter: "", page: { kind: "fleet" }, left: {}, question: null, running: [], notice: null, nextId: 1 };
}

/** What is kept under the name of a tool, which may be `constructor`. */
export function keptOf<Kept>(kept: Readonly<Record<string, Kept>> | undefined, tool: string): Kept | undefined {
  return kept !== undefined && Object.hasOwn(kept, tool) ? kept[tool] : undefined;
}

/** Rows between the header and the last row. */
export function bodyHeight({ size }: Pick<Model, "size">): number {
  return Math.max(1, size.rows - 2);
}

/** Those that the filter lets through. */
export function toolsShown({ tools, filter }: Pick<Model, "tools" | "filter">): readonly RegistryEntry[] {
  const wanted = filter.toLowerCase();
  return wanted === "" ? tools : tools.filter(({ name }) => name.toLowerCase().includes(wanted));
}

/** The tool that keys are for; the first one while none was chosen. */
export function selectedTool(model: Pick<Model, "tools" | "filter" | "selected">): RegistryEntry | null {
  const shown = toolsShown(model);
  return shown.find(({ name }) => name === model.selected) ?? shown[0] ?? null;
}
