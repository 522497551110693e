import { samplesOf, toMono } from "../../../audio/pcm.ts";
import { Resampler } from "../../../audio/resample.ts";
import { openSound } from "../../../audio/file.ts";
import { RATE } from "./decoder.ts";
import type { ListenRequest } from "./messages.ts";

export interface OpenPcm {
  /** Mono at `RATE`. */
  readonly pcm: AsyncIterable<Int16Array>;
  /** Seconds; null where nobody knows. */
  readonly total: number | null;
}

/** @throws ToolError `file-failed`, `audio-invalid`, `cancelled`; so does what it gives */
export async function openPcm(sound: ListenRequest["sound"], inputs: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<OpenPcm> {
  if (!("path" in sound)) return { pcm: resampled(inputs, sound), total: null };
  const { seconds, pcm } = await openSound(sound.path, { rate: RATE, signal });
  return { pcm: resampled(pcm, { rate: RATE, channels: 1 }), total: seconds };
}

/** Pieces may end within a sample, or between the channels of one moment. */
async function* resampled(pieces: AsyncIterable<Uint8Array>, { rate, channels }: { readonly rate: number; readonly channels: number }): AsyncGenerator<Int16Array> {
  const resampler = new Resampler(rate, RATE);
  const moment = 2 * channels;
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    const bytes = rest.length === 0 ? Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength) : Buffer.concat([rest, piece]);
    const whole = bytes.length - (bytes.length % moment);
    rest = Buffer.from(bytes.subarray(whole));
    if (whole > 0) yield resampler.push(samplesOf(toMono(bytes.subarray(0, whole), channels)));
  }
  yield resampler.flush();
}
