import { Type } from "typebox";
import { defineInterface, noFields } from "./define.ts";

export const DeviceFacts = Type.Object(
  {
    index: Type.Integer({ description: "its place in the list" }),
    name: Type.String({ description: "what the system calls it" }),
    channels: Type.Integer({ description: "how many it has" }),
    description: Type.Optional(Type.String({ description: "for people" })),
    standard: Type.Optional(Type.Boolean({ description: "whether it is taken when none is named" })),
  },
  { description: "index, name, channels, description, standard" },
);
const VoiceFacts = Type.Object({ name: Type.String(), languages: Type.Array(Type.String()), description: Type.String(), engine: Type.String() }, { description: "name, languages, description, engine" });

const manner = {
  voice: Type.Optional(Type.String({ minLength: 1, description: "who speaks; see `voices`" })),
  speed: Type.Optional(Type.Number({ minimum: 0.25, maximum: 4, description: "how fast; 2 is twice as fast" })),
  language: Type.Optional(Type.String({ minLength: 2, description: "the text's language, as 'en' or 'de-AT'" })),
};
export const FILE_FORMATS = ["wav", "s16le"] as const;

/** Text to speech. `text`, `flush` and `is_speaking` are upstream's; `say` is for people and programs. */
export const tts = defineInterface({
  name: "tts",
  description: "Speak",
  states: ["loading", "idle", "synthesizing", "released", "waiting", "error", "stopping"],
  commands: {
    text: {
      description: "Speak what comes, as it comes: each sentence as soon as it is whole",
      args: Type.Object({ data: Type.String({ description: "the next piece of the text" }), ...manner }),
      reply: "ok",
      text: "data",
    },
    flush: {
      description: "Speak the rest of what came by `text`, though its last sentence has no end",
      args: Type.Object({ wait: Type.Optional(Type.Boolean({ default: false, description: "answer when all that this client has sent by `text` has been heard" })) }),
      reply: "ok",
    },
    is_speaking: { description: "Ask whether sound is being played", args: noFields, reply: "is_speaking", idempotent: true, readOnly: true },
    say: {
      description: "Say something: over the loudspeaker, into a file, or as sound to the caller",
      args: Type.Object({
        text: Type.String({ minLength: 1, description: "what to say" }),
        ...manner,
        play: Type.Optional(Type.Boolean({ description: "whether to play it; true unless there is a `path`. Neither sends the sound to the caller" })),
        path: Type.Optional(Type.String({ minLength: 1, means: "path", description: "the file to write" })),
        format: Type.Optional(Type.Union(FILE_FORMATS.map((format) => Type.Literal(format)), { description: "of the file: wav, or bare samples; by the path's ending unless given" })),
        rate: Type.Optional(Type.Integer({ minimum: 8000, maximum: 96_000, description: "samples a second of the file, or of what is sent; the voice's own unless given" })),
      }),
      reply: "said",
      audio: "reply",
      text: "text",
    },
    silence: {
      description: "Stop speaking at once, and forget what was to be spoken",
      args: Type.Object({ everyone: Type.Optional(Type.Boolean({ default: false, description: "what other clients have asked for, too" })) }),
      reply: "silenced",
      idempotent: true,
    },
    voices: { description: "List the voices", args: Type.Object({ language: Type.Optional(Type.String({ minLength: 2, description: "only those that speak it" })) }), reply: "voices", idempotent: true, readOnly: true },
    list_devices: { description: "List the loudspeakers", args: noFields, reply: "devices", idempotent: true, readOnly: true },
    get_device: { description: "Ask which loudspeaker is in use", args: noFields, reply: "device", idempotent: true, readOnly: true },
    set_device: { description: "Use another loudspeaker from the next sentence on", args: Type.Object({ device: Type.Union([Type.Integer({ minimum: 0 }), Type.String({ minLength: 1 })], { description: "its index or its name" }) }), reply: "device", text: "device" },
    get_model: { description: "Ask which engine and model speak", args: noFields, reply: "model", idempotent: true, readOnly: true },
  },
  events: {
    ok: { description: "It was taken", fields: noFields },
    is_speaking: { description: "Whether sound is being played", fields: Type.Object({ speaking: Type.Boolean({ description: "whether it is" }) }) },
    speech_start: { description: "Sound begins; told to everybody", fields: noFields },
    speech_end: { description: "The last sample has been heard, or it was stopped; told to everybody", fields: noFields },
    said: {
      description: "All of it has been said, written or sent",
      fields: Type.Object({
        seconds: Type.Number({ description: "how long it is" }),
        rate: Type.Integer({ description: "samples a second" }),
        path: Type.Optional(Type.String({ description: "the file that was written" })),
        timings: Type.Object({}, { description: "milliseconds from the request to the first sound, and to the last" }),
      }),
    },
    silenced: { description: "It is silent", fields: Type.Object({ count: Type.Integer({ description: "how many sentences were not spoken, or not to their end" }) }) },
    voices: { description: "The voices", fields: Type.Object({ voices: Type.Array(VoiceFacts, { description: "name, languages, description, engine" }) }) },
    devices: { description: "The loudspeakers", fields: Type.Object({ devices: Type.Array(DeviceFacts, { description: "index, name, channels, description, standard" }) }) },
    device: { description: "The loudspeaker in use", fields: Type.Object({ device: Type.String({ description: "its name" }) }) },
    model: { description: "What speaks", fields: Type.Object({ model: Type.Object({}, { description: "its engine, rate, voices" }) }) },
  },
});
