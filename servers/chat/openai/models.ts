import { ask } from "../../../engines/endpoint/ask.ts";
import { type Endpoint, shownUrl } from "../../../engines/endpoint/endpoint.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { suggest } from "../../../pipes/protocol/suggest.ts";

/** What an endpoint says of one of its models; `contextSize` in tokens, null where it does not tell. */
export interface ListedModel {
  readonly contextSize: number | null;
}

/**
 * Looks whether the endpoint has the model, so that a wrong address, key or name is known before there is work. One that lists no models is believed.
 * @throws ToolError `endpoint-failed`, `endpoint-unavailable`, `cancelled` (or the signal's own)
 */
export async function findModel(endpoint: Endpoint, name: string, signal: AbortSignal, onRetry: (reason: string) => void): Promise<ListedModel> {
  const answer = (await ask(endpoint, { path: PATH, instead: UNLISTED }, signal, onRetry)) as { data?: unknown; has_more?: unknown } | null;
  const list = Array.isArray(answer?.data) ? (answer.data as unknown[]).filter(isEntry) : [];
  const found = list.find(({ id }) => isSame(id, name));
  if (found !== undefined) return { contextSize: contextOf(found) };
  if (list.length === 0 || answer?.has_more === true) return { contextSize: null };
  const ids = list.map(({ id }) => id);
  const near = suggest(name, ids);
  const some = `${ids.slice(0, MOST_NAMED).join(", ")}${ids.length > MOST_NAMED ? ` and ${ids.length - MOST_NAMED} more` : ""}`;
  throw new ToolError("endpoint-failed", { url: shownUrl(endpoint), reason: `has no model '${name}'`, hint: near === null ? `It has ${some}` : `Did you mean '${near}'?` });
}

const PATH = "/models";
const UNLISTED = { 404: null, 405: null, 501: null };
const MOST_NAMED = 8;

interface Entry extends Readonly<Record<string, unknown>> {
  readonly id: string;
}

function isEntry(value: unknown): value is Entry {
  return typeof value === "object" && value !== null && "id" in value && typeof value.id === "string";
}

/** Ollama's names mean `:latest` where they say nothing, and Google's stand in a folder. */
function isSame(id: string, name: string): boolean {
  return id === name || id === `${name}:latest` || id === `models/${name}`;
}

/** vLLM's name for it, llama.cpp's server's, OpenRouter's, Groq's, Mistral's. */
function contextOf(entry: Entry): number | null {
  const meta = entry["meta"] as { readonly n_ctx?: unknown } | null | undefined;
  const told = [meta?.n_ctx, entry["max_model_len"], entry["context_length"], entry["context_window"], entry["max_context_length"]];
  return told.find((value): value is number => Number.isInteger(value) && Number(value) > 0) ?? null;
}
