import type { Files, KindName } from "./kinds.ts";

/** How the server has a model loaded by its engine: plain facts, on their way between processes. */
export interface SherpaModel {
  /** The model's folder. */
  readonly path: string;
  readonly kind: KindName;
  readonly files: Files;
  /** As the model calls it; "" where it finds out or knows but one. */
  readonly language: string;
  readonly threads: number;
  /** Silero's file, looked into; null where another detector is wanted. */
  readonly silero: string | null;
}
