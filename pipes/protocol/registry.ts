import { Type, type Static } from "typebox";
import { InterfaceShape } from "./interfaces/shape.ts";

/** Phases of a worker, as the daemon sees it; the tool's own `state` (loading, idle, …) is another thing. */
export const PHASES = ["down", "starting", "ready", "stopping", "backoff", "failed"] as const;
export type Phase = (typeof PHASES)[number];

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

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
  progress: nullable(Type.Object({ stage: Type.String(), value: Type.Number(), total: nullable(Type.Number()) })),
  pid: nullable(Type.Integer()),
  started: nullable(Type.String({ description: "start of the process, ISO 8601" })),
  startTime: nullable(Type.String({ description: "the kernel's start time of the pid, to tell it from a later process of the same number" })),
  specHash: Type.String(),
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
  }),
  pipes: Type.String({ description: "the folder of the FIFOs" }),
  config: Type.Object({
    path: Type.String(),
    problems: Type.Array(Type.String({ description: "file:line:col: message, while the file on disk is not the one in force" })),
  }),
  tools: Type.Record(Type.String(), RegistryEntry),
});
export type Registry = Static<typeof Registry>;
