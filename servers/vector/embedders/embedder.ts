import type { Engine } from "../../../engines/engine.ts";

/** A question, or what may answer it: models are trained to tell them apart. */
export type TextKind = "query" | "passage";

/** Makes vectors of texts that mean the same similar. */
export interface Embedder {
  /** Names the space of its vectors: only vectors of one id may be compared. `hash-512-v1`, `gguf:NAME:HASH8`, `openai:MODEL`… */
  readonly id: string;
  readonly dimensions: number;
  /** One vector of unit length per text, in order. A text without any content gives a zero vector. @throws ToolError */
  embed(texts: readonly string[], kind: TextKind, signal?: AbortSignal): Promise<Float32Array[]>;
  close(): Promise<void>;
}

/** What is known of an embedder once it is loaded. */
export interface EmbedderFacts {
  readonly id: string;
  readonly dimensions: number;
}

/** An embedder as it is kept in a `Residence`: its id and dimensions can be asked for once it has been loaded, and from then on. */
export type ResidentEmbedder = Embedder & Engine<EmbedderFacts>;
