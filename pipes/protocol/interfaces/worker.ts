import { type Static, Type } from "typebox";
import { Work } from "../metrics.ts";
import { defineInterface, noFields } from "./define.ts";

const handover = Type.Object({
  clients: Type.Optional(
    Type.Array(Type.Object({ pid: Type.Integer(), dialect: Type.Enum(["event", "result"]), wants: Type.Array(Type.String()) }), {
      description: "subscribed clients without a lane, which notice nothing of a change of worker and do not subscribe again",
    }),
  ),
  rest: Type.Optional(Type.String({ description: "base64 of what was read from the shared FIFO and not begun: the beginning of a line, say" })),
});

/**
 * What the supervisor asks of a worker that is built on our ToolServer; `drain` is in `base`. Not among the interfaces that a tool
 * lists: nobody else has a use for it. A worker in another language may answer it, too; one that does not is asked `ping` instead.
 */
export const worker = defineInterface({
  name: "worker",
  description: "What the supervisor asks of a worker",
  commands: {
    health: { description: "Ask how the work goes", args: noFields, reply: "health", idempotent: true },
    configure: {
      description: "Take new settings without a restart; refused as a whole when one of them cannot be taken so",
      args: Type.Object({
        settings: Type.Object({}, { additionalProperties: true, description: "all of them, as in $PIPE_TOOLS_SETTINGS" }),
        description: Type.Optional(Type.String({ description: "the description that tools.yaml gives" })),
      }),
      reply: "configured",
      idempotent: true,
    },
    release: { description: "Free what can be loaded again (weights), until the next request needs it; refused as busy while one is under way", args: noFields, reply: "released", idempotent: true },
    admit: {
      description: "Load again what was released: there is room; or fail whatever waits for it, since there never will be",
      args: Type.Object({ refused: Type.Optional(Type.String({ description: "why there never is room, as a sentence" })) }),
      reply: "admitted",
      idempotent: true,
    },
    retire: {
      description: "Leave the shared FIFO to a successor: nothing new is begun, and each client's session ends when it has had its answers. Taken back by promote, and when whoever asked goes before there is a successor",
      args: noFields,
      reply: "retired",
    },
    promote: { description: "Of a standby: serve in the place of the worker before, whose requests and clients it takes over", args: handover, reply: "promoted", idempotent: true },
  },
  events: {
    health: {
      description: "How the work goes",
      fields: Type.Object({
        calls: Type.Integer({ description: "requests under way" }),
        silent: Type.Number({ description: "ms since any of them, or a load, last got further; 0 when none is under way" }),
        idle: Type.Number({ description: "ms since the last request of a client other than the supervisor ended; 0 while one is under way" }),
        clients: Type.Integer({ description: "subscribed clients other than the supervisor" }),
        released: Type.Boolean({ description: "its weights are not in memory" }),
        work: Type.Optional(Work),
      }),
    },
    configured: { description: "The settings are in force", fields: noFields },
    released: { description: "The memory is free", fields: Type.Object({ bytes: Type.Optional(Type.Integer({ description: "how much, where known" })) }) },
    admitted: { description: "It loads, or has failed what waited", fields: noFields },
    retired: { description: "It reads the shared FIFO no more; what its successor is to be told", fields: handover },
    promoted: { description: "It serves", fields: noFields },
  },
});

/** What a worker says of how its work goes. */
export type HealthReport = Static<(typeof worker)["events"]["health"]["fields"]>;
