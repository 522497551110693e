import { ToolError } from "../../pipes/protocol/errors.ts";
import type { Death } from "./child.ts";

/** Two deaths that would most likely be followed by a third. */
export function sameDeath(a: Death, b: Death): boolean {
  return a.code === b.code && a.signal === b.signal && a.started === b.started;
}

/** A death while the model was loaded: its file's fault as a rule, for native libraries check some things by aborting; or the graphics card's. */
export function deathWhileLoading(death: Death, tool: string, path: string, library: string): ToolError {
  if (!death.started) return new ToolError("engine-failed", { tool, reason: tell(death) });
  if (death.signal === "SIGKILL") return new ToolError("model-memory", { path, reason: "the system killed the engine while it loaded, as it does when memory runs out" });
  if (isOfTheCard(death)) return new ToolError("engine-failed", { tool, reason: `it ${tell(death)}`, hint: CARD_HINT });
  return new ToolError("model-corrupt", { path, reason: `${library} ${tell(death)}` });
}

/** A death while requests were worked on, or in between. */
export function deathWhileServing(death: Death, tool: string): ToolError {
  return new ToolError("engine-died", { tool, reason: `it ${tell(death)}`, hint: isOfTheCard(death) ? CARD_HINT : "The next request starts it again" });
}

/** What its last words name is the part for a graphics card: such a build ends the process when it has no code for the card, or the driver fails. */
function isOfTheCard({ words }: Death): boolean {
  return /ggml-(cuda|vulkan|metal|hip)|CUDA error|vk::|ErrorDeviceLost/i.test(words);
}

const CARD_HINT = "That is the part for the graphics card: look whether its driver works, add the build for it anew (pipe-tools-gpu), or set `gpu: false` in tools.yaml to do without it";

function tell({ code, signal, words }: Death): string {
  const how = signal === null ? (code === null ? "did not start" : `ended with code ${code}`) : `was ended by ${signal}`;
  return words === "" ? how : `${how}: ${words}`;
}
