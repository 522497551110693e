import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../../harness.ts";
import { temporaryFolder } from "../../temporary.ts";

export const RATE = 16_000;

/** Sentences spoken by flite's voice `rms`: mono, 16 kHz. */
export async function say(...sentences: string[]): Promise<Int16Array[]> {
  await using folder = await temporaryFolder();
  await promisify(execFile)(process.execPath, ["--no-warnings", join(root, "test/servers/stt/flite.mjs"), folder.path, "rms", ...sentences]);
  return Promise.all(sentences.map(async (_, index) => samplesOf((await readFile(join(folder.path, `${index}.wav`))).subarray(44))));
}

/** Seconds of nothing. */
export const silence = (seconds: number): Int16Array => new Int16Array(Math.round(seconds * RATE));

export function joined(...pieces: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** White noise whose loudest sample is `peak`; the same each time. */
export function noise(seconds: number, peak: number, seed = 1): Int16Array {
  let state = seed;
  return silence(seconds).map(() => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return Math.round((state / 2 ** 31) * peak);
  });
}

export function tone(seconds: number, hertz: number, peak: number): Int16Array {
  return silence(seconds).map((_, index) => Math.round(peak * Math.sin((2 * Math.PI * hertz * index) / RATE)));
}

export function samplesOf(bytes: Buffer): Int16Array {
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~1)));
}

export const bytesOf = (samples: Int16Array): Buffer => Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);

/** A WAV file of 16 bits a sample. */
export function wav(samples: Int16Array, { rate = RATE, channels = 1 } = {}): Buffer {
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * channels * 2, 28);
  header.writeUInt16LE(channels * 2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(samples.byteLength, 40);
  return Buffer.concat([header, bytesOf(samples)]);
}
