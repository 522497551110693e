import { createHash } from "node:crypto";
import { mkdir, rm, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { ToolError } from "../pipes/protocol/errors.ts";
import { compressionOf } from "./decompress.ts";
import { download, type DownloadOptions, type DownloadProgress } from "./download.ts";
import { waitForLock } from "./lock.ts";
import { checkOnnx } from "./onnx.ts";
import { unpack } from "./unpack.ts";

export interface FolderProgress {
  readonly stage: DownloadProgress["stage"] | "unpacking";
  /** Bytes, of the archive while that is unpacked. */
  readonly value: number;
  readonly total: number | null;
}
export interface FolderOptions extends Omit<DownloadOptions, "token" | "verify" | "onProgress"> {
  /** Where models are kept; see `places`. */
  readonly folder: string;
  /** What relative paths are relative to. */
  readonly cwd?: string;
  /** The setting that is resolved, for messages. */
  readonly setting?: string;
  readonly onProgress?: (progress: FolderProgress) => void;
}

/**
 * The folder behind `model:` of tools.yaml, of a model that has several files: a folder as it is, or what is in a .tar.bz2 or
 * .tar.gz, given by its path or address. An archive is unpacked once, into the models' folder, and needs neither network nor
 * archive again.
 * @throws ToolError `usage`, `model-missing`, `model-corrupt`, `model-download`, `file-failed`, `cancelled`
 */
export async function resolveModelFolder(model: string, options: FolderOptions): Promise<string> {
  const { setting = "model" } = options;
  if (isAddress(model)) {
    const url = parseUrl(model, ARCHIVE, setting, "an address whose path ends in .tar.bz2 or .tar.gz");
    return fetchFolder(url, options);
  }
  const path = resolve(options.cwd ?? process.cwd(), model);
  const found = await statOf(path, setting);
  if (found.isDirectory()) return path;
  if (!found.isFile() || !ARCHIVE.test(path)) throw new ToolError("usage", { reason: `${setting}: expected the folder of a model, or a .tar.bz2 or .tar.gz with one, got '${model}'` });
  // Another archive under the same name is another model.
  const target = join(options.folder, "unpacked", markOf(`${path} ${found.size} ${found.mtimeMs}`), stem(path));
  return inTurn(target, options, () => unpackInto(path, target, path, options));
}

/**
 * The file behind a setting that names a single .onnx file, fetched if need be.
 * @throws ToolError `usage`, `model-missing`, `model-download`, `file-failed`, `cancelled`
 */
export async function resolveModelFile(file: string, options: FolderOptions): Promise<string> {
  const { setting = "model" } = options;
  if (!isAddress(file)) {
    const path = resolve(options.cwd ?? process.cwd(), file);
    await statOf(path, setting);
    return path;
  }
  const url = parseUrl(file, /\.onnx$/, setting, "an address whose path ends in .onnx");
  const target = join(folderOf(url, options), nameOf(url));
  if (!(await exists(target))) await download(url, target, { ...options, verify: checkOnnx });
  return target;
}

const ARCHIVE = /\.(tar\.bz2|tbz2?|tar\.gz|tgz)$/;

async function fetchFolder(url: URL, options: FolderOptions): Promise<string> {
  const folder = folderOf(url, options);
  const target = join(folder, stem(nameOf(url)));
  const archive = join(folder, nameOf(url));
  await inTurn(target, options, async () => {
    await download(url, archive, { ...options, verify: checkArchive });
    try {
      await unpackInto(archive, target, url.href, options);
    } catch (error) {
      if (error instanceof ToolError && error.code === "model-corrupt") await rm(archive, { force: true });
      throw error;
    }
  });
  // Somebody before us may have ended between the two.
  await rm(archive, { force: true });
  return target;
}

/** One process makes the folder, others wait until it is there. */
async function inTurn(target: string, options: FolderOptions, make: () => Promise<void>): Promise<string> {
  if (await exists(target)) return target;
  await mkdir(resolve(target, ".."), { recursive: true, mode: 0o700 });
  const signal = options.signal ?? new AbortController().signal;
  const lock = await waitForLock(`${target}.lock`, signal, () => options.onProgress?.({ stage: "waiting", value: 0, total: null }));
  try {
    if (!(await exists(target))) await make();
    return target;
  } finally {
    lock.release();
  }
}

function unpackInto(archive: string, target: string, name: string, { signal = new AbortController().signal, onProgress }: FolderOptions): Promise<void> {
  return unpack(archive, target, { name, signal, onProgress: (value, total) => onProgress?.({ stage: "unpacking", value, total }) });
}

async function checkArchive(path: string): Promise<void> {
  try {
    await compressionOf(path);
  } catch (error) {
    throw ToolError.from(error, "model-corrupt", { path });
  }
}

const isAddress = (model: string): boolean => /^https?:/i.test(model);

function parseUrl(address: string, ending: RegExp, setting: string, expected: string): URL {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !ending.test(url.pathname)) throw new ToolError("usage", { reason: `${setting}: expected ${expected}, got '${address}'` });
  return url;
}

const folderOf = (url: URL, { folder }: FolderOptions): string => join(folder, "url", markOf(url.href));
const markOf = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 8);
const stem = (path: string): string => basename(path).replace(ARCHIVE, "");

/** It becomes a path of ours. */
function nameOf(url: URL): string {
  return decodeURIComponent(basename(url.pathname)).replaceAll("/", "_");
}

async function statOf(path: string, setting: string): ReturnType<typeof stat> {
  try {
    return await stat(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") throw new ToolError("model-missing", { path, hint: `Check \`${setting}:\` in tools.yaml` });
    throw new ToolError("file-failed", { path, reason: message }, { cause: error });
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
