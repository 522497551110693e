import { ToolError } from "../../pipes/protocol/errors.ts";

/**
 * sherpa-onnx, in the engine's own process: a model file that it does not like ends the process, and no handler is run; see
 * `checkOnnx`. It comes without types, so `Classes` is what the caller uses of it. Its binary finds onnxruntime beside
 * itself. What it logs goes to standard error, past us; there is no way to turn it off.
 * @throws ToolError `engine-failed` when there is no binary for this machine
 */
export async function openSherpa<Classes extends object>(): Promise<Classes & SherpaVersion> {
  try {
    const { default: sherpa } = (await import("sherpa-onnx-node")) as { default: Classes & SherpaVersion };
    return sherpa;
  } catch (error) {
    // The package tries many places and says so in many lines.
    const reason = (error as Error).message.split("\n")[0] ?? "";
    throw new ToolError("engine-failed", { reason: `sherpa-onnx does not load here (${process.platform}-${process.arch}): ${reason}`, hint: "Was npm run with --omit=optional?" }, { cause: error });
  }
}

export interface SherpaVersion {
  readonly version: string;
  readonly onnxruntimeVersion: string;
}
