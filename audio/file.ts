import { constants, createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { cancelled } from "../pipes/protocol/cancelled.ts";
import { ToolError } from "../pipes/protocol/errors.ts";
import { readByProgram } from "./decode.ts";
import { bytesOf, samplesOf } from "./pcm.ts";
import { Resampler } from "./resample.ts";
import { readError } from "./storage.ts";
import { WavReader } from "./wav-reader.ts";

export { writeSound } from "./write.ts";

export interface SoundOptions {
  /** Samples a second that are wanted. */
  readonly rate: number;
  readonly signal?: AbortSignal | undefined;
  /** Where ffmpeg and sox are found; `process.env` unless given. */
  readonly env?: NodeJS.ProcessEnv | undefined;
}

export interface Sound {
  /** How long it is, as far as the file says. */
  readonly seconds: number | null;
  /** Mono s16le at the rate that was asked for, as fast as it is read. What is wrong further on in the file is thrown from here. */
  readonly pcm: AsyncIterable<Buffer>;
}

/**
 * A file's sound, whatever its name: WAV by ourselves, all else by ffmpeg or sox. It is read as it is taken, in flat memory; whoever does not read
 * it to its end leaves the loop or aborts.
 * @throws ToolError `file-failed`, `audio-invalid`, `cancelled`
 */
export async function openSound(path: string, options: SoundOptions): Promise<Sound> {
  const { signal } = options;
  if (signal?.aborted === true) throw cancelled(signal);
  const start = await beginning(path);
  if (start.length === 0) throw new ToolError("audio-invalid", { what: path, reason: "it is empty" });
  if (!isWav(start)) return readByProgram(path, options);
  try {
    const { rate, seconds } = await formatOf(path);
    return { seconds, pcm: wavSound(path, rate, options) };
  } catch (error) {
    // A WAV file can have any codec in it.
    if (error instanceof ToolError && error.facts["encoding"] !== undefined) return readByProgram(path, options, error);
    throw error;
  }
}

/** Its first bytes. Never opens what is no file: a FIFO would wait for a writer, a device for somebody to speak. */
async function beginning(path: string): Promise<Buffer> {
  try {
    const facts = await stat(path);
    const kind = facts.isDirectory() ? "a folder" : facts.isFIFO() ? "a FIFO" : facts.isSocket() ? "a socket" : facts.isFile() ? null : "a device";
    if (kind !== null) throw new ToolError("file-failed", { path, reason: `it is ${kind}, not a file`, hint: "Give the path of a sound file" });
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(12), 0, 12, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw readError(error, path);
  }
}

const isWav = (start: Buffer): boolean => ["RIFF", "RF64", "BW64"].includes(start.toString("latin1", 0, 4)) && start.toString("latin1", 8, 12) === "WAVE";

async function formatOf(path: string): Promise<NonNullable<WavReader["format"]>> {
  const reader = new WavReader(path);
  for await (const chunk of chunksOf(path)) {
    reader.push(chunk);
    if (reader.format !== null) return reader.format;
  }
  reader.end();
  throw new ToolError("audio-invalid", { what: path, reason: "it has no sound in it" });
}

async function* wavSound(path: string, from: number, { rate, signal }: SoundOptions): AsyncGenerator<Buffer> {
  const reader = new WavReader(path);
  const resampler = new Resampler(from, rate);
  for await (const chunk of chunksOf(path)) {
    if (signal?.aborted === true) throw cancelled(signal);
    const pcm = bytesOf(resampler.push(samplesOf(reader.push(chunk))));
    if (pcm.length > 0) yield pcm;
  }
  const rest = bytesOf(resampler.flush());
  if (rest.length > 0) yield rest;
  reader.end();
}

/** Resampled in one go on the pipe's thread, so not too much at once: some milliseconds' work. */
async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 14 })) yield chunk as Buffer;
  } catch (error) {
    throw readError(error, path);
  }
}
