import { Type } from "typebox";
import { Sampling, ToolUse } from "../settings/chat.ts";
import { defineInterface, noFields } from "./define.ts";

export const ChatMessage = Type.Object(
  {
    role: Type.Union([Type.Literal("system"), Type.Literal("user"), Type.Literal("assistant")]),
    content: Type.String(),
  },
  { description: "one turn of a conversation" },
);

const messages = Type.Array(ChatMessage, { minItems: 1, description: "the conversation so far, the latest turn last" });

const ending = {
  tokens: Type.Optional(Type.Object({}, { description: "tokens counted: prompt and reply" })),
  reason: Type.Optional(Type.String({ description: "why it ended: end, stop, length, context" })),
  calls: Type.Optional(Type.Integer({ description: "how often the model has used a tool; absent where it has not" })),
  timings: Type.Optional(Type.Object({}, { description: "milliseconds: prompt and reply" })),
};

/** A language model. `chat` and `chat_blocking` are upstream's; `ask` is for people. */
export const chat = defineInterface({
  name: "chat",
  description: "Talk to a language model",
  states: ["loading", "idle", "inferring", "released", "waiting", "error", "stopping"],
  commands: {
    chat: { description: "Continue a conversation; the answer streams", args: Type.Object({ messages, ...Sampling, ...ToolUse }), reply: "token", streams: true, idempotent: true },
    chat_blocking: { description: "Continue a conversation; the answer comes whole", args: Type.Object({ messages, ...Sampling, ...ToolUse }), reply: "reply", idempotent: true },
    ask: {
      description: "Ask one thing; the answer streams",
      args: Type.Object({
        data: Type.Optional(Type.String({ description: "the prompt" })),
        prompt: Type.Optional(Type.String({ description: "the prompt, under its other name" })),
        system: Type.Optional(Type.String({ description: "what the model is to be" })),
        ...Sampling,
        ...ToolUse,
      }),
      reply: "token",
      streams: true,
      idempotent: true,
      text: "data",
    },
    get_model: { description: "Ask which model is loaded, and its figures", args: noFields, reply: "model", idempotent: true, readOnly: true },
  },
  events: {
    token: {
      description: "A piece of the answer; the last one has done: true and no text",
      fields: Type.Object({ text: Type.String({ description: "the piece" }), thought: Type.Optional(Type.String({ description: "what the model thinks aloud, beside the answer" })), done: Type.Boolean({ description: "whether this is the last" }), ...ending }),
    },
    reply: { description: "The whole answer", fields: Type.Object({ text: Type.String({ description: "the answer" }), ...ending }) },
    model: { description: "The loaded model", fields: Type.Object({ model: Type.Object({}, { description: "its source, file, size, context, threads" }) }) },
  },
});
