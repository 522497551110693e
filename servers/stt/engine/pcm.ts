import type { ListenRequest } from "./messages.ts";
export async function openPcm(_sound: ListenRequest["sound"], _inputs: AsyncIterable<Uint8Array>, _signal: AbortSignal): Promise<{ pcm: AsyncIterable<Int16Array>; total: number | null }> { throw new Error("todo"); }
