import { openSherpa } from "../../../engines/sherpa/sherpa.ts";
import { checkOnnx } from "../../../models/onnx.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { RATE } from "../engine/decoder.ts";
import type { VoiceDetector } from "../engine/vad.ts";
import { floatsOf, type SherpaSpeech, type Vad } from "./library.ts";

/**
 * Silero's detector, in the engine's own process. sherpa-onnx makes segments of what it hears; here it only says of each frame whether
 * somebody speaks, with no patience of its own, 32 ms late at a beginning.
 * @throws ToolError `model-missing`, `model-corrupt`, `model-unfit`, `engine-failed`
 */
export async function openSileroDetector(path: string): Promise<VoiceDetector> {
  await checkSilero(path);
  const { Vad } = await openSherpa<SherpaSpeech>();
  return new SileroDetector(new Vad({ sileroVad: { model: path, ...PATIENCE }, sampleRate: RATE, numThreads: 1, debug: false }, BUFFER_SECONDS));
}

/** @throws ToolError `model-missing`, `model-corrupt`, `model-unfit` */
export async function checkSilero(path: string): Promise<void> {
  const { inputs, outputs } = await checkOnnx(path);
  const is = `${inputs.join(", ")} → ${outputs.join(", ")}`;
  if (!INTERFACES.includes(is)) throw new ToolError("model-unfit", { path, use: "telling speech from silence", reason: `expected Silero's inputs and outputs (${INTERFACES.join("; or ")}), it has ${is}` });
}

/** Of its fifth kind, its fourth, and k2-fsa's own. Source: sherpa-onnx sherpa-onnx/csrc/silero-vad-model.cc */
const INTERFACES = ["input, state, sr → output, stateN", "input, sr, h, c → output, hn, cn", "x, h, c → prob, new_h, new_c"];

const FRAME = 512;
/** Zero stands for the library's own default; so little comes to no sample at all. */
const AT_ONCE = 1e-5;
const PATIENCE = { threshold: 0.5, minSpeechDuration: AT_ONCE, minSilenceDuration: AT_ONCE, maxSpeechDuration: 3600, windowSize: FRAME };

const BUFFER_SECONDS = 10;
/** The library keeps and copies what it takes for one segment. */
const FLUSH_FRAMES = Math.floor((5 * RATE) / FRAME);
/** It counts samples in 32 bits. */
const RESET_FRAMES = Math.floor((3600 * RATE) / FRAME);

class SileroDetector implements VoiceDetector {
  readonly name = "silero";
  readonly frame = FRAME;
  readonly #vad: Vad;
  #frames = 0;
  #spoken = 0;

  constructor(vad: Vad) {
    this.#vad = vad;
  }

  isSpeech(samples: Int16Array): boolean {
    const vad = this.#vad;
    vad.acceptWaveform(floatsOf(samples));
    const speech = vad.isDetected();
    this.#spoken = speech ? this.#spoken + 1 : 0;
    if (this.#spoken > 0 && this.#spoken % FLUSH_FRAMES === 0) vad.flush();
    while (!vad.isEmpty()) vad.pop();
    if (++this.#frames >= RESET_FRAMES && !speech) this.reset();
    return speech;
  }

  reset(): void {
    this.#vad.reset();
    this.#frames = 0;
    this.#spoken = 0;
  }
}
