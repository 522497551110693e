import { type Static, Type } from "typebox";

/** What a new tools.yaml means for one tool. `live`: its process stays. `drained`: it is replaced once it is idle. `recreated`: by a new one that is ready. */
export const CHANGE_KINDS = ["added", "removed", "live", "drained", "recreated"] as const;
/**
 * `planned`: nothing was done, it was only asked what would be. `rolled back`: the new settings did not work, and the ones before are in
 * force. `superseded`: another change, or a stop, came between.
 */
export const OUTCOMES = ["planned", "under way", "done", "rolled back", "failed", "superseded"] as const;

/** What is done for one tool at a reload, and what has come of it. */
export const ToolChange = Type.Object({
  name: Type.String({ description: "the tool's name" }),
  kind: Type.Enum([...CHANGE_KINDS], { description: "added, removed, live (the process stays), drained or recreated (another process)" }),
  fields: Type.Array(Type.String(), { description: "what differs, dotted: settings.model, env.PORT, restart" }),
  outcome: Type.Enum([...OUTCOMES], { description: "planned, under way, done, rolled back, failed or superseded" }),
  reason: Type.Union([Type.String(), Type.Null()], { description: "what there is to say of that, as a sentence" }),
});
export type ToolChange = Static<typeof ToolChange>;
