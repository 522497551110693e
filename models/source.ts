import { basename, resolve } from "node:path";
import { ToolError } from "../pipes/protocol/errors.ts";

/** What `model:` in tools.yaml means. */
export type ModelSource =
  | { readonly kind: "builtin" }
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "url"; readonly url: URL }
  /** Of Hugging Face: `file` when it is named, else the file of this quantisation, which the site has to be asked for. */
  | { readonly kind: "hf"; readonly user: string; readonly repo: string; readonly file: string | null; readonly quant: string };

/** @throws ToolError `usage` for an address that is none */
export function parseModel(model: string, cwd: string = process.cwd()): ModelSource {
  if (model === "builtin") return { kind: "builtin" };
  if (/^https?:/i.test(model)) return { kind: "url", url: parseUrl(model) };
  if (model.startsWith("hf:")) return parseHuggingFace(model);
  return { kind: "path", path: resolve(cwd, model) };
}

function parseUrl(model: string): URL {
  const url = URL.canParse(model) ? new URL(model) : null;
  if (url === null || !basename(url.pathname).endsWith(".gguf")) throw invalid(model, "an address whose path ends in .gguf");
  return url;
}

const NAME = "[A-Za-z0-9][A-Za-z0-9._-]*";
const HF = new RegExp(`^hf:(?:\\/\\/)?(${NAME})\\/(${NAME})(?::(${NAME})|\\/((?:${NAME}\\/)*${NAME}\\.gguf))?$`);

function parseHuggingFace(model: string): ModelSource {
  const [, user, repo, quant, file] = HF.exec(model) ?? [];
  if (user === undefined || repo === undefined) throw invalid(model, "hf:user/repo, hf:user/repo:quant or hf:user/repo/file.gguf");
  // "latest" is the site's own word for the quantisation that its repository recommends.
  return { kind: "hf", user, repo, file: file ?? null, quant: quant ?? "latest" };
}

function invalid(model: string, expected: string): ToolError {
  return new ToolError("usage", { reason: `model: expected ${expected}, got '${model}'` });
}

/** All files of a model that was cut in parts, given the first one's name; a model in one piece is its only part. */
export function partsOf(name: string): string[] {
  const match = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/.exec(name);
  if (match === null) return [name];
  const [, stem, , total] = match;
  return Array.from({ length: Number(total) }, (_, i) => `${stem}-${String(i + 1).padStart(5, "0")}-of-${total}.gguf`);
}
