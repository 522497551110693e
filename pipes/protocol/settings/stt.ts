import { type Static, Type } from "typebox";

/** What an stt server does where tools.yaml says nothing. What is missing here has no fixed default; see the descriptions. */
export const sttDefaults = {
  engine: "auto",
  model: "builtin",
  vad: "auto",
  silence: 0.5,
  preRoll: 0.3,
  longest: 30,
  device: "default",
  listen: false,
  threads: "auto",
  parallel: 2,
  maxQueue: 64,
} as const;

const live = { applies: "live" } as const;
const NOT_A_FILE = "^(builtin$|[hH][tT][tT][pP][sS]?:)";

/** `settings:` of a `server: stt` in tools.yaml. */
export const SttSettings = Type.Object(
  {
    engine: Type.Optional(
      Type.Union([Type.Literal("auto"), Type.Literal("sherpa-onnx"), Type.Literal("pocketsphinx")], {
        default: sttDefaults.engine,
        description: "what understands: 'auto' takes sherpa-onnx where a model is given, else pocketsphinx, which knows basic English in a quiet room",
      }),
    ),
    model: Type.Optional(
      Type.String({
        minLength: 1,
        default: sttDefaults.model,
        file: NOT_A_FILE,
        description: "'builtin', the folder of a model for sherpa-onnx (streaming Zipformer, Whisper, Parakeet, Moonshine), or the path or https: address of a .tar.bz2 or .tar.gz with such a folder",
      }),
    ),
    language: Type.Optional(Type.String({ minLength: 2, description: "the language that is spoken, for models that know several, as 'en'; without it the model finds out" })),
    vad: Type.Optional(
      Type.String({
        minLength: 1,
        default: sttDefaults.vad,
        file: "^(auto|webrtc|energy)$|^[hH][tT][tT][pP][sS]?:",
        description: "what tells speech from silence: 'webrtc', 'energy', or the path or https: address of Silero's .onnx file; 'auto' is webrtc, or Silero where its file lies in the model's folder",
      }),
    ),
    silence: Type.Optional(Type.Number({ minimum: 0.05, maximum: 10, ...live, default: sttDefaults.silence, description: "seconds of silence that end an utterance" })),
    preRoll: Type.Optional(Type.Number({ minimum: 0, maximum: 2, ...live, default: sttDefaults.preRoll, description: "seconds before the first speech that belong to it" })),
    longest: Type.Optional(Type.Number({ minimum: 1, maximum: 600, ...live, default: sttDefaults.longest, description: "seconds after which an utterance without a pause is cut" })),
    device: Type.Optional(Type.String({ minLength: 1, ...live, default: sttDefaults.device, description: "the microphone, by name or index of `cpipe stt list_devices`; 'default' is the system's" })),
    listen: Type.Optional(Type.Boolean({ default: sttDefaults.listen, description: "listen to the microphone from the start, as after the command `start`" })),
    threads: Type.Optional(
      Type.Union([Type.Literal("auto"), Type.Integer({ minimum: 1, maximum: 64 })], { default: sttDefaults.threads, description: "processor threads for the model; 'auto' takes as many as there are cores, four at most" }),
    ),
    parallel: Type.Optional(Type.Integer({ minimum: 1, maximum: 16, default: sttDefaults.parallel, description: "how many recordings are worked on side by side; the microphone is heard beside them" })),
    maxQueue: Type.Optional(Type.Integer({ minimum: 0, ...live, default: sttDefaults.maxQueue, description: "how many more requests may wait for their turn; past that they are refused as busy" })),
  },
  { additionalProperties: false, description: "settings of an stt server" },
);
export type SttSettings = Static<typeof SttSettings>;
