/**
 * The kinds of model for speech that sherpa-onnx loads and that are known here: of which files each is, what those must have, and
 * under which names the library wants them. What is missing in a file ends the library's process, so it is looked for before.
 * Source: github.com/k2-fsa/sherpa-onnx sherpa-onnx/csrc, the constructors of its models
 */
export interface Kind {
  /** For people. */
  readonly title: string;
  /** It tells what it has understood while the utterance goes on. */
  readonly streaming: boolean;
  /** Seconds of one utterance that it takes. */
  readonly longest: number;
  readonly parts: Readonly<Partial<Record<Part, Wanted>>>;
  /** What it has in the library's `modelConfig`. */
  readonly config: (files: Files, language: string) => Readonly<Record<string, unknown>>;
}

export type Part = "encoder" | "decoder" | "joiner" | "model" | "preprocessor" | "uncachedDecoder" | "cachedDecoder" | "mergedDecoder";
/** A path for each part of the model. */
export type Files = Readonly<Partial<Record<Part, string>>> & { readonly tokens: string };

/** What an ONNX file must have: facts in its metadata, and so many inputs and outputs. */
export interface Wanted {
  readonly facts?: readonly string[];
  readonly inputs: Count;
  readonly outputs: Count;
  /** Dimensions of the first output, where nothing else tells the file from any other. */
  readonly axes?: number;
}
export type Count = number | { readonly least: number };

/** Whisper hears 30 s, and sherpa-onnx wants half a second of them for silence. */
const WHISPER_SECONDS = 29;
/** What utterances that models were trained with hardly exceed; memory grows with the square of it. */
const TRAINED_SECONDS = 30;
const LONG_SECONDS = 120;
const STREAMING_SECONDS = 600;

const transducer = ({ encoder, decoder, joiner }: Files): Readonly<Record<string, unknown>> => ({ transducer: { encoder, decoder, joiner } });
const icefallParts = { decoder: { facts: ["vocab_size", "context_size"], inputs: 1, outputs: 1 }, joiner: { inputs: 2, outputs: 1 } } as const;

export const kinds = {
  "streaming-zipformer": {
    title: "streaming Zipformer",
    streaming: true,
    longest: STREAMING_SECONDS,
    parts: { encoder: { facts: ["model_type", "T", "decode_chunk_len"], inputs: { least: 2 }, outputs: { least: 2 } }, ...icefallParts },
    config: transducer,
  },
  "streaming-zipformer-ctc": {
    title: "streaming Zipformer, CTC",
    streaming: true,
    longest: STREAMING_SECONDS,
    parts: { model: { facts: ["T", "decode_chunk_len", "encoder_dims", "query_head_dims", "value_head_dims", "num_heads", "num_encoder_layers", "cnn_module_kernels", "left_context_len"], inputs: { least: 9 }, outputs: { least: 9 } } },
    config: ({ model }) => ({ zipformer2Ctc: { model } }),
  },
  "whisper": {
    title: "Whisper",
    streaming: false,
    longest: WHISPER_SECONDS,
    parts: {
      encoder: {
        facts: ["n_mels", "n_text_layer", "n_text_ctx", "n_text_state", "n_vocab", "sot", "eot", "blank_id", "translate", "transcribe", "is_multilingual", "no_timestamps", "no_speech", "sot_sequence"],
        inputs: 1,
        outputs: 2,
      },
      decoder: { inputs: 6, outputs: { least: 3 } },
    },
    // Times of tokens come from the decoder's attention; a model that does not show it has none.
    config: ({ encoder, decoder }, language) => ({ whisper: { encoder, decoder, language, task: "transcribe", enableTokenTimestamps: 1 } }),
  },
  "parakeet": {
    title: "Parakeet (NeMo transducer)",
    streaming: false,
    longest: LONG_SECONDS,
    parts: {
      encoder: { facts: ["vocab_size", "subsampling_factor", "normalize_type", "pred_rnn_layers", "pred_hidden"], inputs: 2, outputs: 2 },
      decoder: { inputs: 4, outputs: 4 },
      joiner: { inputs: 2, outputs: 1 },
    },
    config: (files) => ({ ...transducer(files), modelType: "nemo_transducer" }),
  },
  "nemo-ctc": {
    title: "NeMo, CTC",
    streaming: false,
    longest: LONG_SECONDS,
    parts: { model: { facts: ["vocab_size", "subsampling_factor", "normalize_type"], inputs: 2, outputs: { least: 1 } } },
    config: ({ model }) => ({ nemoCtc: { model } }),
  },
  "moonshine": {
    title: "Moonshine",
    streaming: false,
    longest: TRAINED_SECONDS,
    parts: { preprocessor: { inputs: 1, outputs: 1, axes: 3 }, encoder: { inputs: 2, outputs: 1, axes: 3 }, uncachedDecoder: { inputs: 3, outputs: { least: 2 } }, cachedDecoder: { inputs: { least: 4 }, outputs: { least: 2 } } },
    config: ({ preprocessor, encoder, uncachedDecoder, cachedDecoder }) => ({ moonshine: { preprocessor, encoder, uncachedDecoder, cachedDecoder } }),
  },
  "moonshine-merged": {
    title: "Moonshine, merged decoder",
    streaming: false,
    longest: TRAINED_SECONDS,
    parts: { encoder: { inputs: { least: 1 }, outputs: 1, axes: 3 }, mergedDecoder: { inputs: { least: 7 }, outputs: { least: 5 } } },
    config: ({ encoder, mergedDecoder }) => ({ moonshine: { encoder, mergedDecoder } }),
  },
  "zipformer": {
    title: "Zipformer",
    streaming: false,
    longest: LONG_SECONDS,
    parts: { encoder: { facts: ["model_type"], inputs: 2, outputs: 2 }, ...icefallParts },
    config: (files) => ({ ...transducer(files), modelType: "transducer" }),
  },
  "zipformer-ctc": {
    title: "Zipformer, CTC",
    streaming: false,
    longest: LONG_SECONDS,
    parts: { model: { inputs: 2, outputs: 2 } },
    config: ({ model }) => ({ zipformerCtc: { model } }),
  },
  "sense-voice": {
    title: "SenseVoice",
    streaming: false,
    longest: TRAINED_SECONDS,
    parts: {
      model: {
        facts: ["vocab_size", "lfr_window_size", "lfr_window_shift", "normalize_samples", "with_itn", "without_itn", "lang_auto", "lang_zh", "lang_en", "lang_ja", "lang_ko", "lang_yue", "neg_mean", "inv_stddev"],
        inputs: 4,
        outputs: { least: 1 },
      },
    },
    config: ({ model }, language) => ({ senseVoice: { model, language: language === "" ? "auto" : language, useInverseTextNormalization: 1 } }),
  },
} satisfies Readonly<Record<string, Kind>>;

export type KindName = keyof typeof kinds;

export const kindOf = (name: KindName): Kind => kinds[name];
