import { ToolError } from "../../../pipes/protocol/errors.ts";
import { findOrBring } from "./bring.ts";

// Finds pocketsphinx, or brings it: for an installation that is to need no network later. Prints where it is.
try {
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort(new ToolError("cancelled")));
  let told = "";
  const found = await findOrBring({
    tool: "stt",
    signal: interrupted.signal,
    onProgress(stage, value) {
      const line = `pocketsphinx: ${stage}${stage === "waiting" ? " for another process" : ` ${Math.floor(value * 10)}0 %`}`;
      if (line !== told) process.stderr.write(`${(told = line)}\n`);
    },
  });
  process.stdout.write(`${found.library}\n${found.model}\n`);
} catch (error) {
  const { message, exitCode } = ToolError.from(error);
  process.stderr.write(`${message}\n`);
  process.exitCode = exitCode;
}
