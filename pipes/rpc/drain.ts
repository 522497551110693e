import { ToolError } from "../protocol/errors.ts";
import type { Call } from "./call.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Sessions } from "./sessions.ts";

/** Stops taking requests, so that they wait for the next process; answers when those under way have ended, and `rest` has. */
export function drain(call: Call, endpoint: Pick<Endpoint, "pause" | "resume">, sessions: Sessions, closing: () => boolean, rest: () => Promise<void>): void {
  // Whoever speaks over the shared pipe, which pauses too, could not take it back.
  if (call.session?.ours !== true) throw new ToolError("invalid-request", { expected: "drain from a client with a lane of its own", got: "one without" });
  const others = [...sessions].filter((session) => session !== call.session);
  endpoint.pause();
  for (const session of others) session.pause();
  call.session.onClose(() => {
    if (closing()) return;
    endpoint.resume();
    for (const session of others) session.resume();
  });
  const underWay = [...sessions].flatMap((session) => [...session.calls]).filter((other) => other !== call);
  void Promise.all(underWay.map((other) => new Promise<void>((ended) => other.onEnd(ended))))
    .then(rest)
    .then(
      () => call.finish({ event: "drained" }),
      (error: unknown) => call.fail(ToolError.from(error, "handler-failed", { cmd: "drain" })),
    );
}
