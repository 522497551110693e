import { createHash } from "node:crypto";
import { access, mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ToolError } from "../pipes/protocol/errors.ts";
import type { Environment } from "../pipes/protocol/places.ts";
import { download, type DownloadOptions, type DownloadProgress } from "./download.ts";
import { fileUrl, findFile, huggingFace } from "./huggingface.ts";
import { type ModelSource, parseModel, partsOf } from "./source.ts";

export interface ResolveOptions extends Omit<DownloadOptions, "token"> {
  /** Where models are kept; see `places`. */
  readonly folder: string;
  /** What `builtin` stands for is the server's own matter: the path of its file below the folder. */
  readonly builtin: (folder: string) => Promise<string>;
  /** What relative paths are relative to. */
  readonly cwd?: string;
  readonly env?: Environment;
}

export interface ResolvedModel {
  readonly kind: ModelSource["kind"];
  /** The file to load, the first one of a model in parts. It exists and, if it was fetched, is verified. */
  readonly path: string;
}

/**
 * The file behind `model:` of tools.yaml, fetched if need be. A model that was fetched once needs no network again.
 * @throws ToolError `usage`, `model-missing`, `model-download`, `file-failed`, `cancelled`
 */
export async function resolveModel(model: string, options: ResolveOptions): Promise<ResolvedModel> {
  const source = parseModel(model, options.cwd);
  switch (source.kind) {
    case "builtin":
      return { kind: "builtin", path: await options.builtin(options.folder) };
    case "path":
      return { kind: "path", path: await firstPart(source.path) };
    case "url": {
      const mark = createHash("sha256").update(source.url.href).digest("hex").slice(0, 8);
      const folder = join(options.folder, "url", mark);
      return { kind: "url", path: await fetchParts(source.url, folder, decodeURIComponent(basename(source.url.pathname)), { ...options, token: null }) };
    }
    case "hf":
      return { kind: "hf", path: await fetchFromHuggingFace(source, options) };
  }
}

async function firstPart(named: string): Promise<string> {
  const paths = partsOf(basename(named)).map((part) => join(dirname(named), part));
  for (const path of paths) if (!(await exists(path))) throw new ToolError("model-missing", { path, hint: "Check `model:` in tools.yaml" });
  return paths[0]!;
}

async function fetchFromHuggingFace(source: ModelSource & { kind: "hf" }, options: ResolveOptions): Promise<string> {
  const site = huggingFace(options.env ?? process.env);
  const repository = `${source.user}/${source.repo}`;
  const folder = join(options.folder, "hf", source.user, source.repo);
  const note = join(folder, `${source.quant}.json`);
  const known = source.file ?? (await readNote(note));
  const file = known ?? (await findFile(site, repository, source.quant, options.signal ?? new AbortController().signal));
  const path = await fetchParts(fileUrl(site, repository, file), join(folder, dirname(file)), basename(file), { ...options, token: site.token });
  if (known === null) await writeFile(note, JSON.stringify({ file }), { mode: 0o600 });
  return path;
}

/** The parts of a model lie side by side under their own names, where llama.cpp looks for them. */
async function fetchParts(first: URL, folder: string, name: string, options: DownloadOptions): Promise<string> {
  const parts = partsOf(name);
  let done = 0;
  for (const [index, part] of parts.entries()) {
    const target = join(folder, part);
    if (await exists(target)) continue;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const url = new URL(first);
    url.pathname = `${dirname(first.pathname)}/${encodeURIComponent(part)}`.replace(/^\/+/, "/");
    let size = 0;
    const onProgress = (progress: DownloadProgress): void => {
      size = Math.max(size, progress.value);
      // How long the parts to come are nobody has said.
      const total = progress.total === null || index < parts.length - 1 ? null : done + progress.total;
      options.onProgress?.({ ...progress, value: done + progress.value, total });
    };
    await download(url, target, { ...options, onProgress });
    done += size;
  }
  return join(folder, parts[0]!);
}

/** Which file a quantisation meant when it was fetched, as long as that is still there. */
async function readNote(path: string): Promise<string | null> {
  try {
    const { file } = JSON.parse(await readFile(path, "utf8")) as { file?: unknown };
    return typeof file === "string" && (await exists(join(dirname(path), file))) ? file : null;
  } catch {
    return null;
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
