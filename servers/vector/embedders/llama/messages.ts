import type { LlamaLoadRequest } from "../../../../engines/llama/request.ts";
import type { LoadedModel, Work } from "../../../../engines/process/messages.ts";
import type { EmbedderFacts, TextKind } from "../embedder.ts";
import type { Prefixes } from "./prefixes.ts";

/** What the vector server and its engine say to each other. */
export interface EmbeddingWork extends Work {
  readonly load: LoadRequest;
  readonly model: LoadedEmbedder;
  readonly request: EmbedRequest;
  readonly input: never;
  readonly part: never;
  readonly result: EmbedResult;
}

export interface LoadRequest extends LlamaLoadRequest {
  /** What the settings say of them; the model's own take the place of what they leave out. */
  readonly prefixes: Partial<Prefixes>;
}

export interface LoadedEmbedder extends LoadedModel, EmbedderFacts {
  readonly path: string;
  /** `general.name` of the file, or its file name. */
  readonly name: string;
  readonly architecture: string;
  /** Size of the weights in bytes. */
  readonly size: number;
  /** Tokens of one text, what stands around it and its prefix included; of a longer one only the beginning counts. */
  readonly contextSize: number;
  readonly prefixes: Prefixes;
  /** Of each of the `parallel` contexts. */
  readonly threads: number;
  readonly gpu: "cuda" | "vulkan" | "metal" | false;
  readonly gpuLayers: number;
}

export interface EmbedRequest {
  readonly texts: readonly string[];
  readonly kind: TextKind;
}

export interface EmbedResult {
  /** All vectors one behind the other, in the order of the texts. */
  readonly vectors: Float32Array;
  /** How many of the texts were longer than the context. */
  readonly truncated: number;
}
