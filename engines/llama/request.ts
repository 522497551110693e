import type { LoadRequest } from "../process/messages.ts";

/** How a server has its model loaded by llama.cpp. */
export interface LlamaLoadRequest extends LoadRequest {
  readonly threads: "auto" | number;
  readonly gpu: "auto" | false | "cuda" | "vulkan" | "metal";
  readonly gpuLayers: "auto" | "max" | number;
  /** Where measured thread counts are remembered; null measures each time. */
  readonly threadsCache: string | null;
}
