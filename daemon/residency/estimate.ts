import { statSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import type { ToolSpec } from "../../pipes/protocol/spec.ts";

const MIB = 1024 * 1024;
/** A process of Node's, with a server in it. */
export const PROCESS_BYTES = 64 * MIB;
/** What llama.cpp needs beside the weights of a small model: its library, the context, the engine's own process. */
const ENGINE_BYTES = 128 * MIB;
/** Beside larger weights, the context and the buffers grow with them. */
const BESIDE_WEIGHTS = 1.1;

/** How much memory a tool may need, in bytes, before anybody has measured it: from its model's file where it is on this machine. */
export function estimate(spec: ToolSpec): number {
  const { model } = spec.settings;
  if (typeof model !== "string") return PROCESS_BYTES;
  return PROCESS_BYTES + ENGINE_BYTES + Math.round(weightsIn(model, spec.cwd) * BESIDE_WEIGHTS);
}

/** A model that is fetched from somewhere may not be here yet, so its size is not known. */
function weightsIn(model: string, folder: string): number {
  const path = model.startsWith("~/") ? join(homedir(), model.slice(2)) : isAbsolute(model) ? model : resolve(folder, model);
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
