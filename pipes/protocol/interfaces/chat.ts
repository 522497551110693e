import { Type } from "typebox";
import { defineInterface, noFields } from "./define.ts";

export const ChatMessage = Type.Object(
  {
    role: Type.Union([Type.Literal("system"), Type.Literal("user"), Type.Literal("assistant")]),
    content: Type.String(),
  },
  { description: "one turn of a conversation" },
);

const sampling = {
  temperature: Type.Optional(Type.Number({ minimum: 0, maximum: 5, description: "0 always takes the likeliest token; more is more varied" })),
  topP: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: "sample among the likeliest tokens of this total probability" })),
  topK: Type.Optional(Type.Integer({ minimum: 0, description: "sample among this many likeliest tokens; 0 is all" })),
  minP: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: "leave out tokens less likely than this share of the likeliest" })),
  seed: Type.Optional(Type.Integer({ minimum: 0, description: "the same seed gives the same answer" })),
  maxTokens: Type.Optional(Type.Integer({ minimum: 1, description: "stop after this many tokens" })),
  stop: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { description: "stop before any of these texts" })),
  repeatPenalty: Type.Optional(Type.Number({ minimum: 0, maximum: 5, description: "above 1 discourages repetition" })),
};
const messages = Type.Array(ChatMessage, { minItems: 1, description: "the conversation so far, the latest turn last" });

const ending = {
  tokens: Type.Optional(Type.Object({}, { description: "tokens counted: prompt and reply" })),
  reason: Type.Optional(Type.String({ description: "why it ended: eos, maxTokens, stop" })),
  timings: Type.Optional(Type.Object({}, { description: "milliseconds: prompt and reply" })),
};

/** A language model. `chat` and `chat_blocking` are upstream's; `ask` is for people. */
export const chat = defineInterface({
  name: "chat",
  description: "Talk to a language model",
  states: ["loading", "idle", "inferring", "error", "stopping"],
  commands: {
    chat: { description: "Continue a conversation; the answer streams", args: Type.Object({ messages, ...sampling }), reply: "token", streams: true, idempotent: true },
    chat_blocking: { description: "Continue a conversation; the answer comes whole", args: Type.Object({ messages, ...sampling }), reply: "reply", idempotent: true },
    ask: {
      description: "Ask one thing; the answer streams",
      args: Type.Object({
        data: Type.Optional(Type.String({ description: "the prompt" })),
        prompt: Type.Optional(Type.String({ description: "the prompt, under its other name" })),
        system: Type.Optional(Type.String({ description: "what the model is to be" })),
        ...sampling,
      }),
      reply: "token",
      streams: true,
      idempotent: true,
      text: "data",
    },
    get_model: { description: "Ask which model is loaded, and its figures", args: noFields, reply: "model", idempotent: true },
  },
  events: {
    token: {
      description: "A piece of the answer; the last one has done: true and no text",
      fields: Type.Object({ text: Type.String({ description: "the piece" }), done: Type.Boolean({ description: "whether this is the last" }), ...ending }),
    },
    reply: { description: "The whole answer", fields: Type.Object({ text: Type.String({ description: "the answer" }), ...ending }) },
    model: { description: "The loaded model", fields: Type.Object({ model: Type.Object({}, { description: "its source, file, size, context, threads" }) }) },
  },
});
