import { standbyOf } from "../../pipes/protocol/names.ts";
import type { ToolSpec } from "../../pipes/protocol/spec.ts";

/** The variable by which a server knows that it is to serve beside the tool's own FIFO until it is promoted. */
const STANDBY = "PIPE_TOOLS_STANDBY";

export function asStandby(spec: ToolSpec): ToolSpec {
  return { ...spec, env: { ...spec.env, [STANDBY]: "1" } };
}

/** By what name the files of a worker go: its lifeline and its ledger. */
export function fileNameOf({ name, env }: ToolSpec): string {
  return env[STANDBY] === "1" ? standbyOf(name) : name;
}
