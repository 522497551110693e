import { once } from "node:events";
import type { Writable } from "node:stream";
import { WavReader } from "../../audio/wav-reader.ts";
import type { CallOptions } from "../../pipes/client/pending.ts";
import type { ToolClient } from "../../pipes/client/tool-client.ts";
import type { AudioFormat } from "../../pipes/protocol/audio.ts";
import type { ToolEvent } from "../../pipes/protocol/messages.ts";

/**
 * Sends a command with the sound of standard input: a WAV stream's, whose header says how it is, or bare samples where `args.audio` says that.
 * Gives the events. @throws ToolError `audio-invalid`, and what the request fails with
 */
export async function* sendSound(client: ToolClient, cmd: string, args: Readonly<Record<string, unknown>>, options: CallOptions, input: NodeJS.ReadStream): AsyncGenerator<ToolEvent> {
  const chunks = input[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    const sound = args["audio"] === undefined ? await wavOf(chunks, options.signal) : { audio: args["audio"], pcm: pieces(chunks) };
    const request = client.sendAudio(cmd, { ...args, audio: sound.audio }, options);
    const standing: { over: boolean; error?: unknown } = { over: false };
    // A recording that turns out to be broken ends the request; whoever iterates hears of it.
    pump(sound.pcm, request.input, standing).catch((error: unknown) => {
      standing.error = error;
      void request.return();
    });
    for await (const event of request) yield event;
    standing.over = true;
    if ("error" in standing) throw standing.error;
  } finally {
    input.destroy();
  }
}

interface Sound {
  readonly audio: AudioFormat;
  readonly pcm: AsyncIterable<Buffer>;
}

/** A stream that ends early, as a recorder's that was stopped, is taken as far as it goes. */
async function wavOf(chunks: AsyncIterator<Buffer>, signal?: AbortSignal): Promise<Sound> {
  const reader = new WavReader("standard input");
  let first: Buffer = Buffer.alloc(0);
  while (reader.format === null) {
    const { value, done } = await next(chunks, signal);
    if (done === true) reader.end(); // which says what is missing
    first = Buffer.concat([first, reader.push(done === true ? Buffer.alloc(0) : value)]);
    if (done === true) break;
  }
  return { audio: { rate: reader.format?.rate ?? 0, width: 2, channels: 1, encoding: "s16le" }, pcm: decoded(first, chunks, reader) };
}

async function* decoded(first: Buffer, chunks: AsyncIterator<Buffer>, reader: WavReader): AsyncGenerator<Buffer> {
  yield first;
  for await (const chunk of pieces(chunks)) yield reader.push(chunk);
}

async function* pieces(chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  for (let piece = await chunks.next(); piece.done !== true; piece = await chunks.next()) yield piece.value;
}

/** Nobody may ever write to standard input. */
function next(chunks: AsyncIterator<Buffer>, signal?: AbortSignal): Promise<IteratorResult<Buffer>> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(signal?.reason as Error);
    signal?.addEventListener("abort", aborted, { once: true });
    if (signal?.aborted === true) aborted();
    chunks.next().then(resolve, reject).finally(() => signal?.removeEventListener("abort", aborted));
  });
}

async function pump(pcm: AsyncIterable<Buffer>, input: Writable, standing: { readonly over: boolean }): Promise<void> {
  for await (const piece of pcm) {
    if (standing.over) return;
    if (piece.length > 0 && !input.write(piece)) await once(input, "drain");
  }
  input.end();
}
