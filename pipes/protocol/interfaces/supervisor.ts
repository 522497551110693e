import { Type } from "typebox";
import { ToolChange } from "../change.ts";
import { Metrics } from "../metrics.ts";
import { RegistryEntry } from "../registry.ts";
import { defineInterface } from "./define.ts";

const tool = Type.String({ description: "the tool's name" });
const one = { tool };
const maybeOne = { tool: Type.Optional(tool) };
const entry = Type.Object({ tool: RegistryEntry });

/** The daemon as a tool. There is no other control protocol. */
export const supervisor = defineInterface({
  name: "supervisor",
  description: "Look after the tools: list, start, stop, restart, reload, logs, metrics",
  states: ["running", "reloading", "stopping"],
  commands: {
    list: { description: "All tools and how they are", args: Type.Object({}), reply: "tools", idempotent: true, readOnly: true },
    status: { description: "One tool in full, or the daemon itself", args: Type.Object(maybeOne), reply: "status", idempotent: true, readOnly: true, text: "tool" },
    start: { description: "Start a tool, and first what it needs; answers when it is ready, or with why it is not", args: Type.Object(one), reply: "started", idempotent: true, text: "tool" },
    stop: { description: "Stop a tool; answers when its last process has gone. Without a tool: stop the daemon", args: Type.Object(maybeOne), reply: "stopped", idempotent: true, text: "tool" },
    restart: { description: "Stop and start a tool; answers when it is ready again", args: Type.Object(one), reply: "started", text: "tool" },
    release: { description: "Free the memory of an idle tool until its next request", args: Type.Object(one), reply: "released", idempotent: true, text: "tool" },
    reload: {
      description: "Read tools.yaml again and apply what has changed; answers when it is known what came of it",
      args: Type.Object({
        dry_run: Type.Optional(Type.Boolean({ default: false, description: "only say what would be done" })),
        file: Type.Optional(Type.String({ means: "path", description: "of a dry run: the absolute path of the file that would take the place of tools.yaml" })),
      }),
      reply: "reloaded",
      idempotent: true,
    },
    upgrade: { description: "Run the daemon's program as it is on the disk now, in the same process; the tools go on meanwhile", args: Type.Object({}), reply: "upgrading" },
    sweep: { description: "Remove pipes whose owners are proven dead", args: Type.Object({}), reply: "swept", idempotent: true },
    logs: {
      description: "Lines of a tool's log, or of the daemon's; with follow, go on as they come",
      args: Type.Object({
        ...maybeOne,
        lines: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000, default: 50, description: "how many of the last lines" })),
        level: Type.Optional(Type.String({ description: "least level: trace, debug, info, warn, error, fatal" })),
        follow: Type.Optional(Type.Boolean({ default: false, description: "go on until cancelled" })),
      }),
      reply: "log",
      streams: true,
      idempotent: true,
      readOnly: true,
      text: "tool",
    },
    watch: {
      description: "Every change of every tool, as it happens, until cancelled",
      args: Type.Object({ every: Type.Optional(Type.Number({ minimum: 0.5, maximum: 3600, description: "also metrics, at once and then at most so often, in seconds, when any of them has changed" })) }),
      reply: "tool",
      streams: true,
      idempotent: true,
    },
    metrics: { description: "Processor and memory use and work of each tool, and use of the machine", args: Type.Object({}), reply: "metrics", idempotent: true, readOnly: true },
  },
  events: {
    tools: { description: "All tools", fields: Type.Object({ tools: Type.Array(RegistryEntry, { description: "one entry a tool" }) }) },
    status: { description: "One tool, or the daemon", fields: Type.Object({ status: Type.Object({}, { description: "everything known" }) }) },
    started: { description: "The tool is ready", fields: entry },
    stopped: { description: "The last process of the tool has gone", fields: Type.Object({ tool: Type.Optional(RegistryEntry), needed_by: Type.Optional(Type.Array(Type.String(), { description: "tools that need it and go on without it" })) }) },
    released: { description: "The memory of the tool is free", fields: entry },
    reloaded: {
      description: "tools.yaml was applied, or would be so",
      fields: Type.Object({
        changes: Type.Array(ToolChange, { description: "what was done, one entry a tool that changed" }),
        dry_run: Type.Optional(Type.Boolean({ description: "nothing was done" })),
      }),
    },
    upgrading: { description: "The daemon replaces itself now", fields: Type.Object({ version: Type.String({ description: "of the program that takes over" }) }) },
    swept: { description: "Orphaned pipes were removed", fields: Type.Object({ removed: Type.Array(Type.String(), { description: "their paths" }) }) },
    log: { description: "One entry of a log", fields: Type.Object({ entry: Type.Object({}, { description: "the parsed line" }) }) },
    tool: { description: "A tool has changed, or (first) is as it is", fields: entry },
    tool_removed: { description: "A tool is no longer in tools.yaml", fields: Type.Object({ name: Type.String({ description: "the tool's name" }) }) },
    metrics: { description: "What the tools do and use, and use of the machine", fields: Type.Object({ metrics: Metrics }) },
  },
});
