import { type Static, Type } from "typebox";

/** What a tts server does where tools.yaml says nothing. What is missing here has no fixed default; see the descriptions. */
export const ttsDefaults = {
  engine: "auto",
  model: "builtin",
  speed: 1,
  device: "default",
  idleFlush: 1,
  threads: "auto",
  maxQueue: 64,
} as const;

const live = { applies: "live" } as const;
const NOT_A_FILE = "^(builtin$|[hH][tT][tT][pP][sS]?:)";

/** `settings:` of a `server: tts` in tools.yaml. */
export const TtsSettings = Type.Object(
  {
    engine: Type.Optional(
      Type.Union([Type.Literal("auto"), Type.Literal("sherpa-onnx"), Type.Literal("flite"), Type.Literal("espeak-ng")], {
        default: ttsDefaults.engine,
        description: "what speaks: 'auto' takes sherpa-onnx where a model is given, else flite, which is built in and speaks English, and espeak-ng, where it is installed, for other languages",
      }),
    ),
    model: Type.Optional(
      Type.String({
        minLength: 1,
        default: ttsDefaults.model,
        file: NOT_A_FILE,
        description: "'builtin', the folder of a model for sherpa-onnx (Kokoro, Piper or other VITS, Matcha), or the path or https: address of a .tar.bz2 or .tar.gz with such a folder",
      }),
    ),
    vocoder: Type.Optional(Type.String({ minLength: 1, file: NOT_A_FILE, description: "for a Matcha model without one in its folder: the path or https: address of the vocoder's .onnx file" })),
    voice: Type.Optional(Type.String({ minLength: 1, ...live, description: "the voice that speaks where a request names none; `cpipe tts voices` lists them" })),
    speed: Type.Optional(Type.Number({ minimum: 0.25, maximum: 4, ...live, default: ttsDefaults.speed, description: "how fast it speaks; 2 is twice as fast" })),
    language: Type.Optional(Type.String({ minLength: 2, ...live, description: "the language of texts that name none, as 'en' or 'de-AT'; without it the voice's own" })),
    device: Type.Optional(Type.String({ minLength: 1, ...live, default: ttsDefaults.device, description: "the loudspeaker, by name or index of `cpipe tts list_devices`; 'default' is the system's" })),
    idleFlush: Type.Optional(Type.Number({ minimum: 0, maximum: 60, ...live, default: ttsDefaults.idleFlush, description: "seconds after which `text` that ends in the middle of a sentence is spoken as it is; 0 waits for `flush`" })),
    threads: Type.Optional(
      Type.Union([Type.Literal("auto"), Type.Integer({ minimum: 1, maximum: 64 })], { default: ttsDefaults.threads, description: "processor threads for the model; 'auto' takes as many as there are cores, four at most" }),
    ),
    maxQueue: Type.Optional(Type.Integer({ minimum: 0, ...live, default: ttsDefaults.maxQueue, description: "how many more requests may wait for their turn; past that they are refused as busy" })),
  },
  { additionalProperties: false, description: "settings of a tts server" },
);
export type TtsSettings = Static<typeof TtsSettings>;
