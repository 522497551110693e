export type TextKind = "query" | "passage";
export interface Embedder {
  /** Names the space of its vectors: only vectors of one id may be compared. `hash-512-v1`, `gguf:NAME:HASH8`, `openai:MODEL`… */
  readonly id: string;
  readonly dimensions: number;
  /** One vector of unit length per text, in order. A text without any content gives a zero vector. @throws ToolError */
  embed(texts: readonly string[], kind: TextKind, signal?: AbortSignal): Promise<Float32Array[]>;
  close(): Promise<void>;
}
