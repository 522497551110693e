import { type Static, Type } from "typebox";
import { AnswerForm, Sampling, ToolUse } from "../settings/chat.ts";
import { defineInterface, noFields } from "./define.ts";

/** A call of a function that the request has named; `id` tells it from others of the same answer. */
export const FunctionCall = Type.Object({
  id: Type.Optional(Type.String({ description: "what the result names" })),
  name: Type.String({ description: "the function" }),
  arguments: Type.Unknown({ description: "an object that fits its parameters" }),
});

export const ChatMessage = Type.Object(
  {
    role: Type.Union([Type.Literal("system"), Type.Literal("user"), Type.Literal("assistant"), Type.Literal("tool")]),
    content: Type.String({ description: "what was said; of the role tool what came of a call" }),
    function_calls: Type.Optional(Type.Array(FunctionCall, { description: "of the assistant: the functions that it called, as its answer had them" })),
    id: Type.Optional(Type.String({ description: "of the role tool: the id of the call; without it the first call that has no result yet is meant" })),
  },
  { description: "one turn of a conversation" },
);

export type ChatMessage = Static<typeof ChatMessage>;
export type FunctionCall = Static<typeof FunctionCall>;

const messages = Type.Array(ChatMessage, { minItems: 1, description: "the conversation so far, the latest turn last" });

const Vector = Type.Array(Type.Number(), { description: "its numbers" });

const ending = {
  tokens: Type.Optional(Type.Object({}, { description: "tokens counted: prompt, those of it that were in the context already (reused), and reply" })),
  trimmed: Type.Optional(Type.Integer({ description: "how many of the oldest messages were left out, because the context had no room for them; absent where none was" })),
  reason: Type.Optional(Type.String({ description: "why it ended: end, stop, length, context, calls, or filter: the endpoint held it back" })),
  function_calls: Type.Optional(Type.Array(FunctionCall, { description: "functions of the request's own that the model calls; absent where it calls none" })),
  calls: Type.Optional(Type.Integer({ description: "how often the model has used a tool; absent where it has not" })),
  timings: Type.Optional(Type.Object({}, { description: "milliseconds: prompt and reply; and tokens of the reply per second (rate)" })),
};

/** A language model. `chat` and `chat_blocking` are upstream's; `ask` is for people. */
export const chat = defineInterface({
  name: "chat",
  description: "Talk to a language model",
  states: ["loading", "idle", "inferring", "released", "waiting", "error", "stopping"],
  commands: {
    chat: { description: "Continue a conversation; the answer streams", args: Type.Object({ messages, ...Sampling, ...ToolUse, ...AnswerForm }), reply: "token", streams: true, idempotent: true },
    chat_blocking: { description: "Continue a conversation; the answer comes whole", args: Type.Object({ messages, ...Sampling, ...ToolUse, ...AnswerForm }), reply: "reply", idempotent: true },
    ask: {
      description: "Ask one thing; the answer streams",
      args: Type.Object({
        data: Type.Optional(Type.String({ description: "the prompt" })),
        prompt: Type.Optional(Type.String({ description: "the prompt, under its other name" })),
        system: Type.Optional(Type.String({ description: "what the model is to be" })),
        ...Sampling,
        ...ToolUse,
        ...AnswerForm,
      }),
      reply: "token",
      streams: true,
      idempotent: true,
      text: "data",
    },
    embed: {
      description: "Make vectors of texts by the chat model; a vector server with a model made for it does that better",
      args: Type.Object({
        text: Type.Optional(Type.String({ description: "one text" })),
        texts: Type.Optional(Type.Array(Type.String(), { description: "several texts" })),
      }),
      reply: "embedding",
      idempotent: true,
      text: "text",
    },
    count_tokens: {
      description: "Count the tokens of a text, or of a conversation as the model is given it, without answering it",
      args: Type.Object({ text: Type.Optional(Type.String({ description: "the text" })), messages: Type.Optional(messages) }),
      reply: "tokens",
      idempotent: true,
      readOnly: true,
      text: "text",
    },
    get_model: { description: "Ask which model is loaded, and its figures", args: noFields, reply: "model", idempotent: true, readOnly: true },
  },
  events: {
    token: {
      description: "A piece of the answer; the last one has done: true and no text",
      fields: Type.Object({ text: Type.String({ description: "the piece" }), thought: Type.Optional(Type.String({ description: "what the model thinks aloud, beside the answer" })), done: Type.Boolean({ description: "whether this is the last" }), ...ending }),
    },
    reply: { description: "The whole answer", fields: Type.Object({ text: Type.String({ description: "the answer" }), ...ending }) },
    embedding: {
      description: "The vectors, each of unit length",
      fields: Type.Object({ vector: Type.Optional(Vector), vectors: Type.Optional(Type.Array(Vector, { description: "one for each text" })) }),
    },
    tokens: {
      description: "How many they are",
      fields: Type.Object({ count: Type.Integer({ description: "tokens" }), context: Type.Union([Type.Integer(), Type.Null()], { description: "how many a conversation may have, answer included; null where nobody knows" }) }),
    },
    model: { description: "The loaded model", fields: Type.Object({ model: Type.Object({}, { description: "its source, file, size, context, threads" }) }) },
  },
});
