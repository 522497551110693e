import { Type, type Static } from "typebox";
import { InterfaceShape } from "./interfaces/shape.ts";

/** Phases of a worker, as the daemon sees it; the tool's own `state` (loading, idle, …) is another thing. */
export const PHASES = ["down", "waiting", "resting", "starting", "ready", "stopping", "backoff", "failed"] as const;
export type Phase = (typeof PHASES)[number];

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** Why a worker ended. Which restart follows from which: daemon/worker/restart.ts. */
export const DEATH_CAUSES = ["exit", "crash", "out-of-memory", "hang", "refusing", "unanswered", "load-failure", "bad-config", "permanent", "not-spawned", "unknown"] as const;
export type DeathCause = (typeof DEATH_CAUSES)[number];

/** One death of a worker. `code` and `signal` are both null when nobody could know. */
export const DeathRecord = Type.Object({
  at: Type.String({ description: "ISO 8601" }),
  cause: Type.Enum([...DEATH_CAUSES]),
  code: nullable(Type.Integer()),
  signal: nullable(Type.String()),
  what: Type.String({ description: "what happened, with its last words, as a clause" }),
  ran: nullable(Type.Number({ description: "how long it had run, in ms; null where nobody knows" })),
});
export type DeathRecord = Static<typeof DeathRecord>;

/** How many of the last deaths are kept. */
export const DEATHS_KEPT = 10;

/** A process of a tool beside the one in force: at a change of settings. */
export const ProcessBeside = Type.Object({
  role: Type.Enum(["standby", "relieved"], { description: "it is to take the place of the one in force, or has had it" }),
  pid: Type.Integer(),
  startTime: nullable(Type.String()),
  run: nullable(Type.String()),
  state: nullable(Type.String({ description: "the tool's own state" })),
  progress: nullable(Type.Object({ stage: Type.String(), value: Type.Number(), total: nullable(Type.Number()) })),
});

export const RegistryEntry = Type.Object({
  name: Type.String(),
  path: Type.String({ description: "the upstream FIFO" }),
  description: Type.String(),
  kind: Type.String({ description: "the built-in server's name, or 'module' or 'command'" }),
  model: nullable(Type.String()),
  phase: Type.Enum([...PHASES]),
  want: Type.Enum(["up", "down"]),
  state: nullable(Type.String({ description: "the tool's own state, while it answers" })),
  reason: nullable(Type.String({ description: "why it is in this phase or state, as a sentence" })),
  note: Type.Optional(Type.String({ description: "why the settings that tools.yaml has are not in force; a part of the reason" })),
  progress: nullable(Type.Object({ stage: Type.String(), value: Type.Number(), total: nullable(Type.Number()) })),
  pid: nullable(Type.Integer()),
  started: nullable(Type.String({ description: "start of the process, ISO 8601" })),
  startTime: nullable(Type.String({ description: "the kernel's start time of the pid, to tell it from a later process of the same number" })),
  run: nullable(Type.String({ description: "the value of PIPE_TOOLS_RUN in the environment of this process and of all that it started" })),
  specHash: Type.String(),
  beside: Type.Optional(Type.Array(ProcessBeside)),
  spec: Type.Optional(Type.Object({}, { additionalProperties: true, description: "the spec that the process was started by, where it differs from the one in force" })),
  keep: Type.String({ description: "always, idle or on-demand" }),
  memory: nullable(Type.Integer({ description: "resident memory when it was last measured, in bytes, the processes that it started included" })),
  deaths: Type.Array(DeathRecord, { description: "the last ones, latest last" }),
  restarts: Type.Integer({ minimum: 0 }),
  log: Type.String({ description: "path of its log file" }),
  interfaces: Type.Array(InterfaceShape),
});
export type RegistryEntry = Static<typeof RegistryEntry>;

/** `registry.json`: what the daemon knows, for those who want to read it without touching a pipe. */
export const Registry = Type.Object({
  version: Type.Literal(1),
  daemon: Type.Object({
    pid: Type.Integer(),
    startTime: nullable(Type.String()),
    bootId: nullable(Type.String()),
    version: Type.String(),
    started: Type.String(),
    guardian: Type.Optional(Type.Object({ pid: Type.Integer(), startTime: nullable(Type.String()) }, { description: "the process that ends the workers should this daemon be killed and none come back" })),
  }),
  pipes: Type.String({ description: "the folder of the FIFOs" }),
  config: Type.Object({
    path: Type.String(),
    problems: Type.Array(Type.String({ description: "file:line:col: message, while the file on disk is not the one in force" })),
  }),
  tools: Type.Record(Type.String(), RegistryEntry),
});
export type Registry = Static<typeof Registry>;
