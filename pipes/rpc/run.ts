import { ToolError } from "../protocol/errors.ts";
import { outliveTerminals } from "../transport/terminals.ts";
import type { ToolServer } from "./server.ts";

/** Exit code that tells the supervisor that starting this again will not help. */
export const PERMANENT_FAILURE = 125;

/**
 * The main of a server's program: serves until it is told to stop, by a signal or over its pipe, and ends the process.
 * What cannot start ends with a sentence on standard error.
 */
export async function runServer(server: ToolServer): Promise<never> {
  outliveTerminals();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.once(signal, () => void server.close(signal));
  try {
    await server.serve();
  } catch (thrown) {
    const error = ToolError.from(thrown, "handler-failed", { cmd: "start" });
    server.log.error({ code: error.code, details: error.facts }, error.message);
    process.stderr.write(`${server.name}: ${error.message}\n`);
    process.exit(error.retryable ? 1 : PERMANENT_FAILURE);
  }
  await server.closed;
  process.exit(0);
}
