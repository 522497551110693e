import { Type } from "typebox";
import { AudioFormat } from "../audio.ts";
import { defineInterface, noFields } from "./define.ts";
import { DeviceFacts } from "./tts.ts";

export const WordTime = Type.Object(
  { word: Type.String(), start: Type.Number({ description: "seconds" }), end: Type.Number({ description: "seconds" }) },
  { description: "word, start, end" },
);

const words = Type.Optional(Type.Boolean({ default: false, description: "tell when each word was spoken" }));
const partial = Type.Optional(Type.Boolean({ default: false, description: "tell what is understood so far while an utterance goes on" }));
const wordTimes = Type.Optional(Type.Array(WordTime, { description: "word, start, end" }));

/** Speech to text. `start`, `pause`, the devices and the events that everybody is told are upstream's. */
export const stt = defineInterface({
  name: "stt",
  description: "Understand speech",
  states: ["loading", "ready", "listening", "transcribing", "paused", "released", "waiting", "error", "stopping"],
  commands: {
    start: { description: "Listen to the microphone, and tell everybody what is heard", args: noFields, reply: "started", idempotent: true },
    pause: { description: "Stop listening to the microphone", args: noFields, reply: "paused", idempotent: true },
    listen: {
      description: "Hear what is said into the microphone from now on, utterance by utterance, until cancelled",
      args: Type.Object({ words, partial, utterances: Type.Optional(Type.Integer({ minimum: 1, description: "end after so many" })) }),
      reply: "heard",
      streams: true,
    },
    transcribe: {
      description: "Turn a recording into text: a file, or sound that the caller sends",
      args: Type.Object({
        path: Type.Optional(Type.String({ minLength: 1, means: "path", description: "the file; WAV, or whatever ffmpeg or sox can read where one is installed" })),
        audio: Type.Optional(AudioFormat),
        words,
        partial,
        format: Type.Optional(Type.Union([Type.Literal("text"), Type.Literal("json"), Type.Literal("srt"), Type.Literal("vtt")], { default: "text", description: "what the texts of the answer together are: plain text, one JSON document, or subtitles" })),
      }),
      reply: "heard",
      streams: true,
      audio: "request",
      idempotent: true,
      readOnly: true,
      text: "path",
    },
    list_devices: { description: "List the microphones", args: noFields, reply: "devices", idempotent: true, readOnly: true },
    get_device: { description: "Ask which microphone is in use", args: noFields, reply: "device", idempotent: true, readOnly: true },
    set_device: { description: "Use another microphone", args: Type.Object({ device: Type.Union([Type.Integer({ minimum: 0 }), Type.String({ minLength: 1 })], { description: "its index or its name" }) }), reply: "device", text: "device" },
    get_model: { description: "Ask which engine and model understand", args: noFields, reply: "model", idempotent: true, readOnly: true },
  },
  events: {
    started: { description: "It listens", fields: noFields },
    paused: { description: "It does not listen any more", fields: noFields },
    speech_start: { description: "Somebody begins to speak into a microphone that is listened to; told to everybody", fields: noFields },
    token: { description: "A piece of what is being said, as far as it is certain; told to everybody from `start` to `pause`", fields: Type.Object({ text: Type.String({ description: "the piece" }) }) },
    speech: {
      description: "The utterance so far, and at its end as a whole; told to everybody from `start` to `pause`",
      fields: Type.Object({ text: Type.String({ description: "the utterance" }), words: Type.Optional(Type.Array(WordTime, { description: "word, start, end, in seconds since 1970; at the end only" })) }),
    },
    speech_end: { description: "The utterance has ended; told to everybody", fields: noFields },
    partial: { description: "What is understood so far of an utterance that goes on, for whoever asked for it", fields: Type.Object({ partial: Type.String({ description: "the utterance so far" }), done: Type.Boolean({ description: "false" }) }) },
    heard: {
      description: "One utterance; the last event has done: true and no text",
      fields: Type.Object({
        text: Type.String({ description: "the utterance, in the format that was asked for" }),
        start: Type.Optional(Type.Number({ description: "seconds from the beginning of the recording; of the microphone since 1970" })),
        end: Type.Optional(Type.Number({ description: "the same of its end" })),
        words: wordTimes,
        done: Type.Boolean({ description: "whether this is the last" }),
        seconds: Type.Optional(Type.Number({ description: "on the last event: how long the recording was" })),
        utterances: Type.Optional(Type.Integer({ description: "on the last event: how many there were" })),
        timings: Type.Optional(Type.Object({}, { description: "on the last event: milliseconds it took" })),
      }),
    },
    devices: { description: "The microphones", fields: Type.Object({ devices: Type.Array(DeviceFacts, { description: "index, name, channels, description, standard" }) }) },
    device: { description: "The microphone in use", fields: Type.Object({ device: Type.String({ description: "its name" }) }) },
    model: { description: "What understands", fields: Type.Object({ model: Type.Object({}, { description: "its engine, what detects speech, whether it tells of what is understood so far" }) }) },
  },
});
