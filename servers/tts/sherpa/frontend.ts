import type { Metadata } from "./check.ts";
import type { SpeechFiles } from "./families.ts";

/** What makes tokens of a text, as sherpa-onnx chooses it, and what it needs to be there. */
export interface Frontend {
  readonly lexicon: boolean;
  readonly espeak: boolean;
  /** Tokens that it takes for granted, some without looking: a text that needs one would end the process. */
  readonly tokens: readonly string[];
  /** Each token is one character; see `checkTokens`. */
  readonly characters: boolean;
}

/** Source: InitFrontend in sherpa-onnx/csrc/offline-tts-{vits,kokoro,matcha}-impl.h, and the lexicons that it makes. */
export function frontendOf({ family, dataDir, lexicons }: SpeechFiles, metadata: Metadata): Frontend {
  const flag = (key: string): boolean => Number(metadata[key] ?? 0) !== 0;
  const comment = metadata["comment"] ?? "";
  switch (family) {
    case "kokoro":
      // The first version knows English alone, and has espeak-ng make all its phonemes.
      return Number(metadata["version"] ?? 1) >= 2 ? { lexicon: true, espeak: true, tokens: [" ", ...KOKORO], characters: false } : { lexicon: false, espeak: true, tokens: [" "], characters: true };
    case "matcha":
      if (metadata["voice"] === "zh en-us") return { lexicon: true, espeak: true, tokens: [], characters: false };
      return flag("jieba") ? { lexicon: true, espeak: false, tokens: [], characters: false } : { lexicon: false, espeak: true, tokens: ["^", "$"], characters: true };
    case "vits":
      if (metadata["frontend"] === "characters") return { lexicon: false, espeak: false, tokens: [], characters: true };
      if (flag("jieba") || flag("has_g2pw") || /melo/.test(comment)) return { lexicon: true, espeak: false, tokens: [], characters: false };
      if (/piper|coqui|icefall|Inflect/.test(comment) && (dataDir !== null || (/piper/.test(comment) && lexicons.length === 0))) return { lexicon: false, espeak: true, tokens: phonemeTokens(comment), characters: true };
      return { lexicon: true, espeak: false, tokens: lexiconTokens(metadata), characters: false };
  }
}

/** Source: IsPunctuation in sherpa-onnx/csrc/kokoro-multi-lang-lexicon.cc */
const KOKORO = Array.from(";:,.!?—…\"()“”");

function phonemeTokens(comment: string): string[] {
  if (/piper|icefall/.test(comment)) return ["_", "^", "$"];
  return /coqui/.test(comment) ? [","] : ["_"];
}

/** In Chinese a missing token is passed over. */
function lexiconTokens(metadata: Metadata): string[] {
  if (/^chinese$/i.test(metadata["language"] ?? "")) return [];
  const punctuation = (metadata["punctuation"] ?? "").split(" ").filter((mark) => ".;!?-:,".includes(mark) && mark.length === 1);
  return [" ", ...punctuation];
}
