import { ToolError } from "../pipes/protocol/errors.ts";
import { bytesOf, toMono, toSample } from "./pcm.ts";

/** What a WAV file's `fmt ` chunk says. */
export interface WavFormat {
  /** Samples a second. */
  readonly rate: number;
  readonly channels: number;
  /** Bytes of one moment of all channels. */
  readonly frame: number;
  /** Whole frames to mono s16le. */
  readonly decode: (frames: Buffer) => Buffer;
}

/**
 * Reads the body of a `fmt ` chunk.
 * @throws ToolError `audio-invalid`; with the fact `encoding` when it is a kind of WAV that others may know
 */
export function readFormat(body: Buffer, what: string): WavFormat {
  if (body.length < 16) throw invalid(what, `its fmt chunk has ${body.length} bytes, where 16 are the least`);
  const tag = body.readUInt16LE(0);
  const [channels, rate, frame, bits] = [body.readUInt16LE(2), body.readUInt32LE(4), body.readUInt16LE(12), body.readUInt16LE(14)];
  const encoding = tag === EXTENSIBLE && body.length >= 26 ? body.readUInt16LE(24) : tag;
  if (channels < 1 || channels > 32) throw invalid(what, `it has ${channels} channels, where 1 to 32 are known`);
  if (rate < 1000 || rate > 384_000) throw invalid(what, `it has ${rate} samples a second, where 1000 to 384000 are known`);
  const width = frame / channels;
  const read = READERS[`${encoding}:${width}`];
  if (read === undefined) throw invalid(what, `its samples are written as WAV encoding ${encoding} with ${bits} bits`, { encoding, hint: "Give it as PCM: ffmpeg -i FILE OUT.wav" });
  return { rate, channels, frame, decode: encoding === PCM && width === 2 ? (frames) => toMono(frames, channels) : (frames) => mixed(frames, channels, width, read) };
}

export const invalid = (what: string, reason: string, facts: Readonly<Record<string, unknown>> = {}): ToolError => new ToolError("audio-invalid", { what, reason, ...facts });

function mixed(frames: Buffer, channels: number, width: number, read: (bytes: Buffer, at: number) => number): Buffer {
  const mono = new Int16Array(Math.floor(frames.length / width / channels));
  for (let n = 0, at = 0; n < mono.length; n++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++, at += width) sum += read(frames, at);
    mono[n] = toSample(sum / channels);
  }
  return bytesOf(mono);
}

const PCM = 1;
const FLOAT = 3;
const A_LAW = 6;
const MU_LAW = 7;
const EXTENSIBLE = 0xff_fe;

/** By encoding and bytes a sample: one sample, as loud as its 16 bits would be. */
const READERS: Readonly<Record<string, (bytes: Buffer, at: number) => number>> = {
  [`${PCM}:1`]: (bytes, at) => ((bytes[at] as number) - 128) * 256,
  [`${PCM}:2`]: (bytes, at) => bytes.readInt16LE(at),
  [`${PCM}:3`]: (bytes, at) => bytes.readIntLE(at, 3) / 256,
  [`${PCM}:4`]: (bytes, at) => bytes.readInt32LE(at) / 65_536,
  [`${FLOAT}:4`]: (bytes, at) => bytes.readFloatLE(at) * 32_768,
  [`${FLOAT}:8`]: (bytes, at) => bytes.readDoubleLE(at) * 32_768,
  [`${A_LAW}:1`]: (bytes, at) => aLaw(bytes[at] as number),
  [`${MU_LAW}:1`]: (bytes, at) => muLaw(bytes[at] as number),
};

/** ITU-T G.711. */
function aLaw(byte: number): number {
  const code = byte ^ 0x55;
  const [exponent, mantissa] = [(code >> 4) & 7, code & 15];
  const size = exponent === 0 ? (mantissa << 4) + 8 : ((mantissa << 4) + 0x108) << (exponent - 1);
  return code & 0x80 ? size : -size;
}

function muLaw(byte: number): number {
  const code = ~byte & 0xff;
  const size = ((((code & 15) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84;
  return code & 0x80 ? -size : size;
}
