import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { constants, openSync, type Stats } from "node:fs";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { Socket } from "node:net";
import { type AudioFormat, bytesPerSecond } from "../pipes/protocol/audio.ts";
import { cancelled } from "../pipes/protocol/cancelled.ts";
import { ToolError } from "../pipes/protocol/errors.ts";
import { writeError } from "./storage.ts";
import { wavHeader } from "./wav.ts";

export type FileFormat = "wav" | "s16le";

/**
 * Sound into a file, which is there when it is whole and not before: what was there under that name is replaced then, and is left alone when something
 * fails. A FIFO or a device is written into as the sound comes. Resolves with the seconds that were written.
 * @throws ToolError `disk-full`, `file-failed`, `cancelled`, and what `pcm` throws
 */
export async function writeSound(path: string, format: FileFormat, audio: AudioFormat, pcm: AsyncIterable<Buffer>, signal?: AbortSignal): Promise<number> {
  const chunks = untilAborted(pcm, signal);
  const target = await targetAt(path);
  const bytes = target === null || target.isFile() ? await intoDraft(path, format, audio, chunks) : await straight(path, target, format, audio, chunks, signal);
  return bytes / bytesPerSecond(audio);
}

/** Null for what is not there yet. */
async function targetAt(path: string): Promise<Stats | null> {
  try {
    const facts = await stat(path);
    if (!facts.isDirectory() && !facts.isSocket()) return facts;
    throw new ToolError("file-failed", { path, reason: `it is a ${facts.isDirectory() ? "folder" : "socket"}, not a file`, hint: "Give the path of a file" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw writeError(error, path);
  }
}

/** The name is taken by the file as a whole, so a link there is replaced, not followed. */
async function intoDraft(path: string, format: FileFormat, audio: AudioFormat, chunks: AsyncIterable<Buffer>): Promise<number> {
  const draft = `${path}.${randomBytes(4).toString("hex")}.part`;
  const file = await open(draft, "wx").catch((error: unknown) => {
    throw writeError(error, path);
  });
  try {
    const bytes = await fill(file, path, format, audio, chunks);
    await rename(draft, path).catch((error: unknown) => {
      throw writeError(error, path);
    });
    return bytes;
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function fill(file: FileHandle, path: string, format: FileFormat, audio: AudioFormat, chunks: AsyncIterable<Buffer>): Promise<number> {
  const put = (bytes: Buffer, position: number): Promise<void> =>
    writeAll(file, bytes, position).catch((error: unknown) => {
      throw writeError(error, path);
    });
  try {
    const start = format === "wav" ? wavHeader(audio, null).length : 0;
    let bytes = 0;
    for await (const chunk of chunks) {
      await put(chunk, start + bytes);
      bytes += chunk.length;
    }
    if (format === "wav") await put(wavHeader(audio, bytes), 0);
    await file.datasync().catch((error: unknown) => {
      throw writeError(error, path);
    });
    return bytes;
  } finally {
    await file.close();
  }
}

/** A device takes what it takes; a FIFO without a reader is an error, and one with a slow one is waited for. */
async function straight(path: string, target: Stats, format: FileFormat, audio: AudioFormat, chunks: AsyncIterable<Buffer>, signal: AbortSignal | undefined): Promise<number> {
  const sink = await (target.isFIFO() ? openFifo(path, signal) : openDevice(path)).catch((error: unknown) => {
    throw writeError(error, path);
  });
  const put = (bytes: Buffer): Promise<void> =>
    sink.write(bytes).catch((error: unknown) => {
      throw signal?.aborted === true ? cancelled(signal) : writeError(error, path);
    });
  try {
    if (format === "wav") await put(wavHeader(audio, null));
    let bytes = 0;
    for await (const chunk of chunks) {
      await put(chunk);
      bytes += chunk.length;
    }
    return bytes;
  } finally {
    await sink.close();
  }
}

interface Sink {
  write(bytes: Buffer): Promise<void>;
  close(): Promise<void>;
}

async function openDevice(path: string): Promise<Sink> {
  const file = await open(path, constants.O_WRONLY | constants.O_NONBLOCK);
  return { write: (bytes) => writeAll(file, bytes, null), close: () => file.close() };
}

/** Opened so that it does not wait for a reader; libuv waits for room without a thread. The socket closes the descriptor. */
async function openFifo(path: string, signal: AbortSignal | undefined): Promise<Sink> {
  const socket = new Socket({ fd: openSync(path, constants.O_WRONLY | constants.O_NONBLOCK), readable: false, writable: true });
  const onAbort = (): void => void socket.destroy();
  signal?.addEventListener("abort", onAbort, { once: true });
  socket.on("error", () => undefined); // told to whoever writes
  return {
    write: (bytes) => new Promise((resolve, reject) => socket.write(bytes, (error) => (error ? reject(error) : resolve()))),
    async close() {
      signal?.removeEventListener("abort", onAbort);
      const closed = socket.closed ? null : once(socket, "close");
      socket.destroy();
      await closed;
    },
  };
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number | null): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done, bytes.length - done, position === null ? null : position + done)).bytesWritten;
}

/** Ends with `cancelled` at once, also while it waits for the next piece. */
async function* untilAborted(pcm: AsyncIterable<Buffer>, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  if (signal === undefined) return yield* pcm;
  const iterator = pcm[Symbol.asyncIterator]();
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(cancelled(signal));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  aborted.catch(() => undefined);
  try {
    for (let next = await Promise.race([iterator.next(), aborted]); next.done !== true; next = await Promise.race([iterator.next(), aborted])) yield next.value;
  } finally {
    signal.removeEventListener("abort", onAbort);
    // It may wait for what never comes, so nobody waits for it.
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}
