import { ToolError } from "./errors.ts";

/** A signal may carry the error that its owner wants to see; `AbortController.abort()` alone carries none of ours. */
export function cancelled(signal: AbortSignal): ToolError {
  return signal.reason instanceof ToolError ? signal.reason : new ToolError("cancelled", {}, { cause: signal.reason });
}
