import { type Files, kindOf, type KindName } from "./kinds.ts";

/** How the server has a model loaded by its engine: plain facts, on their way between processes. */
export interface SherpaModel {
  /** The model's folder. */
  readonly path: string;
  readonly kind: KindName;
  readonly files: Files;
  /** As the model calls it; "" where it finds out or knows but one. */
  readonly language: string;
  readonly threads: number;
  /** It tells when each word was spoken. */
  readonly words: boolean;
  /** Silero's file, looked into; null where another detector is wanted. */
  readonly silero: string | null;
}

/** What the server says of it. */
export function describe({ kind, words }: SherpaModel): { readonly engine: string; readonly partial: boolean; readonly words: boolean } {
  const { title, streaming } = kindOf(kind);
  return { engine: `sherpa-onnx (${title})`, partial: streaming, words };
}
