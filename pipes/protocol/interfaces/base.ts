import { Type } from "typebox";
import { defineInterface, noFields } from "./define.ts";

const reason = Type.Optional(Type.String({ description: "why, as a sentence" }));

/** What every tool answers. Source: wire-protocol §4 and §8. */
export const base = defineInterface({
  name: "base",
  description: "What every tool answers",
  commands: {
    subscribe: { description: "Open a session: from here on answers and broadcasts arrive", args: noFields, reply: "subscribed", idempotent: true },
    unsubscribe: { description: "End the session and cancel what is still running in it; no reply", args: noFields, reply: "" },
    ping: { description: "Ask whether the tool answers", args: noFields, reply: "pong", idempotent: true },
    get_state: { description: "Ask for the tool's state", args: noFields, reply: "state", idempotent: true },
    get_description: { description: "Ask what the tool is", args: noFields, reply: "description", idempotent: true },
    get_help: { description: "Ask for the commands, as text", args: noFields, reply: "help", idempotent: true },
    get_config: { description: "Ask for the settings in force; keys and passwords are not told", args: noFields, reply: "config", idempotent: true },
    list_interfaces: { description: "Ask for the names of the interfaces", args: noFields, reply: "interfaces", idempotent: true },
    get_interface: {
      description: "Ask for one interface: its commands, their arguments, its events",
      args: Type.Object({ name: Type.String({ description: "one of the names from list_interfaces" }) }),
      reply: "interface",
      idempotent: true,
      text: "name",
    },
    cancel: {
      description: "Stop a request of one's own; the request then ends in an error with code 'cancelled'. Without req_id: all of them",
      args: noFields,
      reply: "cancelled",
    },
    drain: { description: "Take nothing new, and answer once nothing is under way; taken back when the session of whoever asked ends", args: noFields, reply: "drained" },
    stop: { description: "Stop the tool", args: noFields, reply: "state_changed" },
  },
  events: {
    subscribed: { description: "The session is open", fields: Type.Object({ lane: Type.Optional(Type.Boolean({ description: "the private lane is in use" })) }) },
    pong: { description: "The tool answers", fields: noFields },
    state: { description: "The tool's state", fields: Type.Object({ state: Type.String({ description: "the state" }), reason }) },
    state_changed: { description: "The tool's state has changed; sent to all", fields: Type.Object({ state: Type.String({ description: "the new state" }), reason }) },
    description: { description: "What the tool is", fields: Type.Object({ description: Type.String({ description: "one line" }) }) },
    help: { description: "The commands, as text", fields: Type.Object({ help: Type.String({ description: "several lines" }) }) },
    config: { description: "The settings in force, one field each", fields: noFields },
    interfaces: { description: "The names of the interfaces", fields: Type.Object({ interfaces: Type.Array(Type.String(), { description: "names" }) }) },
    interface: { description: "One interface", fields: Type.Object({ interface: Type.Object({}, { description: "name, description, commands, events" }) }) },
    cancelled: { description: "Requests were told to stop", fields: Type.Object({ count: Type.Integer({ description: "how many" }) }) },
    drained: { description: "Nothing is under way any more", fields: noFields },
    error: {
      description: "A request ended without its answer",
      fields: Type.Object({
        message: Type.String({ description: "what was expected, what came, what to do" }),
        code: Type.Optional(Type.String({ description: "a name from the error table" })),
        cmd: Type.Optional(Type.String({ description: "the command that failed" })),
        details: Type.Optional(Type.Object({}, { description: "the facts of the message" })),
      }),
    },
    queued: {
      description: "The request waits its turn; sent to those who asked for it at subscribe",
      fields: Type.Object({ position: Type.Integer({ description: "1 is next" }), reason }),
    },
    progress: {
      description: "How far something long has come; sent to those who asked for it at subscribe",
      fields: Type.Object({
        stage: Type.String({ description: "what is going on: download, load, prompt, …" }),
        value: Type.Number({ description: "how much is done" }),
        total: Type.Union([Type.Number(), Type.Null()], { description: "of how much, where known" }),
      }),
    },
    tool_call: {
      description: "A model uses another tool for the request; sent to those who asked for it at subscribe",
      fields: Type.Object({
        tool: Type.String({ description: "the tool" }),
        cmd: Type.String({ description: "its command" }),
        args: Type.Object({}, { description: "the arguments, as the model chose them" }),
      }),
    },
    tool_result: {
      description: "What came of that; sent to those who asked for it at subscribe",
      fields: Type.Object({
        tool: Type.String({ description: "the tool" }),
        cmd: Type.String({ description: "its command" }),
        ok: Type.Boolean({ description: "whether it was answered" }),
        text: Type.Optional(Type.String({ description: "the answer, as the model is told it" })),
        message: Type.Optional(Type.String({ description: "why there is none" })),
        code: Type.Optional(Type.String({ description: "that, as a name from the error table" })),
      }),
    },
    closing: {
      description: "The server ends, and reads its clients' lanes no further; sent to those who have one",
      fields: Type.Object({ read: Type.Integer({ description: "how many lines of the lane it has read; those behind them may be sent to the next process" }) }),
    },
    restarted: { description: "The server is a new process, to which the session has gone over; sent to those without a lane who asked for it at subscribe", fields: noFields },
  },
});
