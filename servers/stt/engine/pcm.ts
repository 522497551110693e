import { RATE } from "./decoder.ts";
import type { ListenRequest } from "./messages.ts";

export async function openPcm(sound: ListenRequest["sound"], inputs: AsyncIterable<Uint8Array>, _signal: AbortSignal): Promise<{ pcm: AsyncIterable<Int16Array>; total: number | null }> {
  if ("path" in sound) throw new Error("todo");
  return { pcm: (async function* () { for await (const x of inputs) yield new Int16Array(x.buffer.slice(x.byteOffset, x.byteOffset + x.byteLength)); })(), total: null };
}
void RATE;
