import { cancelled } from "../pipes/protocol/cancelled.ts";
import { ToolError } from "../pipes/protocol/errors.ts";
import type { Environment } from "../pipes/protocol/places.ts";
import { get, HttpError } from "./http.ts";

export interface HuggingFace {
  readonly endpoint: URL;
  readonly token: string | null;
}

/** `MODEL_ENDPOINT`, as llama.cpp calls it, or `HF_ENDPOINT` may name a mirror; `HF_TOKEN` opens private repositories. */
export function huggingFace(env: Environment): HuggingFace {
  const endpoint = env["MODEL_ENDPOINT"] || env["HF_ENDPOINT"] || "https://huggingface.co";
  if (!URL.canParse(endpoint)) throw new ToolError("usage", { reason: `HF_ENDPOINT: expected an address, got '${endpoint}'` });
  return { endpoint: new URL(endpoint.replace(/\/*$/, "/")), token: env["HF_TOKEN"] || null };
}

/**
 * The file of a repository that a quantisation's name stands for. Source of the request: llama.cpp common/arg.cpp; the
 * site answers with `ggufFile` only to a client of that name.
 * @throws ToolError `model-download`, `cancelled`
 */
export async function findFile({ endpoint, token }: HuggingFace, repository: string, quant: string, signal: AbortSignal): Promise<string> {
  const url = new URL(`v2/${repository}/manifests/${encodeURIComponent(quant)}`, endpoint);
  const failed = (reason: string, cause?: unknown): ToolError => new ToolError("model-download", { url: url.href, reason, hint: "Check `model:` in tools.yaml" }, { cause });
  const headers = { accept: "application/json", "user-agent": "llama-cpp" };
  try {
    const { response } = await get(url, { headers, token, signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) });
    const manifest = (await response.json()) as { ggufFile?: { rfilename?: unknown } } | null;
    const file = manifest?.ggufFile?.rfilename;
    if (typeof file === "string" && isSafe(file)) return file;
  } catch (error) {
    if (signal.aborted) throw cancelled(signal);
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
    throw failed(error instanceof HttpError ? error.message : `${(error as Error).message}${cause}`, error);
  }
  throw failed(`${repository} has no GGUF file for '${quant}'`);
}

export function fileUrl({ endpoint }: HuggingFace, repository: string, file: string): URL {
  return new URL(`${repository}/resolve/main/${file.split("/").map(encodeURIComponent).join("/")}`, endpoint);
}

const TIMEOUT_MS = 30_000;

/** It becomes a path of ours. */
function isSafe(file: string): boolean {
  return file.endsWith(".gguf") && file.split("/").every((part) => /^[\w][\w .+-]*$/.test(part));
}
