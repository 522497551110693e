import type { ToolChange } from "../../pipes/protocol/change.ts";
import type { Change } from "../config/plan.ts";
import type { Outcome } from "../succession/succession.ts";
import type { Tool } from "./tool.ts";
import type { WorkerState } from "../worker/state.ts";
import { isDown } from "../worker/worker.ts";

/** A change that has begun: as it is told now, and as it is told once it is known what came of it. */
export interface Performed {
  readonly now: ToolChange;
  readonly end: Promise<ToolChange>;
}

type Different = Extract<Change, { readonly kind: "live" | "drained" | "recreated" }>;

/** What is to be told of a plan; tools that stay as they are have nothing to tell. */
export function toldOf(changes: readonly Change[], outcome: ToolChange["outcome"]): ToolChange[] {
  return changes.flatMap((change) => (change.kind === "unchanged" ? [] : [{ name: change.name, kind: change.kind, fields: "fields" in change ? [...change.fields] : [], outcome, reason: null }]));
}

/** Gives a tool its new spec: while it runs where it takes it so, else by another process. */
export async function change(tool: Tool, { kind, name, to, fields }: Different, why: string): Promise<ToolChange> {
  const told = { name, fields: [...fields] };
  const adjusted = kind === "live" ? await tool.adjust(to) : null;
  if (adjusted?.kind === "taken") return { ...told, kind: "live", outcome: "done", reason: null };
  if (adjusted?.kind === "superseded") return { ...told, kind: "live", outcome: "superseded", reason: "its settings have changed again" };
  const outcome = await tool.configure(to, `${why}: ${fields.join(", ")} changed`);
  const by = kind === "live" ? (to.kind === "command" ? "drained" : "recreated") : kind;
  return { ...told, kind: by, outcome: OUTCOME_OF[outcome.kind], reason: adjusted === null ? outcome.reason : `${outcome.reason} (not while it ran: ${adjusted.reason})` };
}

const OUTCOME_OF: Readonly<Record<Outcome["kind"], ToolChange["outcome"]>> = {
  switched: "done",
  replaced: "done",
  noted: "done",
  kept: "rolled back",
  failed: "failed",
  superseded: "superseded",
};

/** What has come of a tool that was added. */
export async function cameUp(tool: Tool): Promise<ToolChange> {
  const told = { name: tool.name, kind: "added", fields: [] as string[] } as const;
  if (isDown(tool.worker.state)) return { ...told, outcome: "done", reason: "it is not started by itself" };
  const { phase, state, reason } = await tool.until(hasSettled);
  if (phase === "ready" ? state !== "error" : phase === "resting") return { ...told, outcome: "done", reason };
  return { ...told, outcome: phase === "down" ? "superseded" : "failed", reason };
}

function hasSettled({ phase, state, deaths }: WorkerState): boolean {
  if (phase === "ready") return state !== "loading";
  return phase === "failed" || phase === "down" || phase === "resting" || (phase === "backoff" && deaths > 1);
}
