import { threadCount } from "../../../engines/sherpa/threads.ts";
import type { LoadCalls, Loaded } from "../../../engines/process/serve.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { Utterance } from "../synthesizer.ts";
import { checkSpeechFiles, type Metadata } from "./check.ts";
import type { SpeechFiles } from "./families.ts";
import type { SherpaSpeechLoad, SherpaSpeechWork } from "./messages.ts";
import { Parts } from "./parts.ts";
import { espeakLanguage, speakerOf, voicesOf } from "./voices.ts";

/** What is used of sherpa-onnx here. Source: sherpa-onnx-node/non-streaming-tts.js, types.js */
export interface SherpaTts {
  readonly OfflineTts: { createAsync(config: object): Promise<OfflineTts> };
}
interface OfflineTts {
  readonly numSpeakers: number;
  readonly sampleRate: number;
  generateAsync(request: {
    readonly text: string;
    readonly generationConfig: { readonly sid: number; readonly speed: number; readonly silenceScale: number; readonly extra?: object };
    readonly onProgress: (heard: { readonly samples: Float32Array }) => boolean;
  }): Promise<unknown>;
}

/** @throws ToolError `model-missing`, `model-corrupt`, `model-unfit`, `file-failed` */
export async function loadSpeech({ OfflineTts }: SherpaTts, { files, threads }: SherpaSpeechLoad, { log }: LoadCalls): Promise<Loaded<SherpaSpeechWork>> {
  const metadata = await checkSpeechFiles(files);
  const tts = await OfflineTts.createAsync({ model: { ...modelConfig(files), numThreads: threadCount(threads), provider: "cpu" }, ruleFsts: files.rules.join(","), maxNumSentences: 1 });
  await tryOut(tts, metadata);
  const voices = voicesOf(files, metadata, tts.numSpeakers);
  const isMultilingual = files.family === "kokoro" && Number(metadata["version"] ?? 1) >= 2;

  const answer = async ({ text, voice, speed, language }: Utterance, signal: AbortSignal, onPart: (pcm: Uint8Array) => void): Promise<null> => {
    const sid = speakerOf(voices, voice);
    if (sid === null) throw new ToolError("invalid-request", { path: "voice", expected: namesFor(voices.map(({ name }) => name)), got: voice });
    if (text.trim() === "") return null;
    const lang = isMultilingual ? espeakLanguage(voices[sid]!, language) : null;
    const parts = new Parts(signal, (samples) => onPart(pcmOf(samples)));
    try {
      await tts.generateAsync({
        // A NUL would end it.
        text: text.replaceAll("\0", " "),
        // Pauses are left as the model makes them.
        generationConfig: { sid, speed, silenceScale: 1, ...(lang === null ? {} : { extra: { lang } }) },
        onProgress: ({ samples }) => parts.take(samples),
      });
    } catch (error) {
      signal.throwIfAborted();
      if (!isSilence(error)) throw error;
      log("warn", `there is nothing in ${JSON.stringify(text.slice(0, 60))} that the model could speak`);
    }
    parts.flush();
    signal.throwIfAborted();
    return null;
  };
  return { model: { parallel: 1, engine: `sherpa-onnx (${files.family})`, rate: tts.sampleRate, voices }, answer };
}

/**
 * Says something that nobody hears. Damage that shows when a text is spoken, as in espeak-ng's data, ends the process now, as the
 * model's fault; and the first text to be heard does not wait for what the first of all brings with it.
 */
async function tryOut(tts: OfflineTts, metadata: Metadata): Promise<void> {
  const text = /chinese/i.test(metadata["language"] ?? "") ? "你好。" : "Hello, world.";
  try {
    await tts.generateAsync({ text, generationConfig: { sid: 0, speed: 1, silenceScale: 1 }, onProgress: () => true });
  } catch (error) {
    if (!isSilence(error)) throw error;
  }
}

/** That is how it says that it knows none of the text's letters. */
function isSilence(error: unknown): boolean {
  return error instanceof Error && /no audio/.test(error.message);
}

/** Source: sherpa-onnx-node/types.js, OfflineTtsModelConfig */
function modelConfig({ family, model, tokens, lexicons, dataDir, voices, vocoder }: SpeechFiles): object {
  const common = { tokens, lexicon: lexicons.join(","), dataDir: dataDir ?? "" };
  switch (family) {
    case "vits":
      return { vits: { ...common, model, lexicon: lexicons[0] ?? "" } };
    case "kokoro":
      return { kokoro: { ...common, model, voices } };
    case "matcha":
      return { matcha: { ...common, acousticModel: model, vocoder: vocoder ?? "" } };
  }
}

/** s16le, as all machines that sherpa-onnx is built for have their numbers. */
function pcmOf(samples: Float32Array): Uint8Array {
  const pcm = Int16Array.from(samples, (sample) => Math.max(-32768, Math.min(32767, Math.round(sample * 32767))));
  return new Uint8Array(pcm.buffer);
}

function namesFor(names: readonly string[]): string {
  const some = names.slice(0, MOST_NAMES).join(", ");
  return names.length === 1 ? `'${some}', the model's only voice` : `one of the model's voices: ${some}${names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : ""}`;
}

const MOST_NAMES = 8;
