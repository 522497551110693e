import type { Pace } from "../../../pipes/rpc/pace.ts";
import type { Embedder, TextKind } from "./embedder.ts";

/** `embed` of an embedder, with note taken of how fast it is. @throws ToolError what that throws */
export async function embedAt(pace: Pace, embedder: Embedder, texts: readonly string[], kind: TextKind, signal?: AbortSignal): Promise<Float32Array[]> {
  const stretch = pace.begin();
  try {
    const vectors = await embedder.embed(texts, kind, signal);
    stretch.add(texts.length);
    return vectors;
  } finally {
    stretch.end();
  }
}
