import { type Static, Type } from "typebox";

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** How much a server has to do, and gets done. */
export const Work = Type.Object({
  active: Type.Integer({ minimum: 0, description: "requests under way, those that wait included" }),
  waiting: nullable(Type.Integer({ minimum: 0, description: "those of them that wait for the model; null where nothing waits for one" })),
  served: Type.Integer({ minimum: 0, description: "requests answered since its start" }),
  failed: Type.Integer({ minimum: 0, description: "requests that ended in an error since its start, but for those that were cancelled" }),
  rate: nullable(Type.Object({ value: Type.Number({ minimum: 0 }), unit: Type.String({ description: "such as tokens/s" }) }, { description: "how fast the current work goes, or the last one went" })),
});
export type Work = Static<typeof Work>;

/** What a tool uses, and what it does with it. */
export const ToolUse = Type.Object({
  cpu: Type.Number({ minimum: 0, description: "since the last look, in percent of one core, the processes that it started included" }),
  memory: Type.Integer({ minimum: 0, description: "in bytes, the processes that it started included" }),
  processes: Type.Integer({ minimum: 0, description: "it, and those that it started" }),
  work: nullable(Work),
});
export type ToolUse = Static<typeof ToolUse>;

/** The fields `tools` and `machine` and those beside them of the event `metrics`. */
export const Metrics = Type.Object({
  tools: Type.Record(Type.String(), ToolUse, { description: "by name, those that have a process; work is null for a tool that cannot tell" }),
  daemon: Type.Object({ memory: Type.Integer({ description: "in bytes" }) }),
  machine: Type.Object({
    memory: Type.Object({ total: Type.Integer(), available: Type.Integer() }, { description: "in bytes" }),
    load: Type.Number({ description: "in percent of all cores" }),
    cores: Type.Integer(),
  }),
  gpus: Type.Array(
    Type.Object({ model: Type.String(), memoryTotal: nullable(Type.Number({ description: "in MiB" })), memoryUsed: nullable(Type.Number({ description: "in MiB" })), use: nullable(Type.Number({ description: "in percent" })) }),
  ),
});
export type Metrics = Static<typeof Metrics>;
