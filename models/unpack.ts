import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import * as tar from "tar";
import { cancelled } from "../pipes/protocol/cancelled.ts";
import { ToolError } from "../pipes/protocol/errors.ts";
import { decompress } from "./decompress.ts";
import { sinkOf } from "./sink.ts";
import { fileError } from "./space.ts";
import { sync } from "./sync.ts";

export interface UnpackOptions {
  readonly signal: AbortSignal;
  /** Bytes of the archive. */
  readonly onProgress: (value: number, total: number) => void;
  /** What the archive is called in messages. */
  readonly name: string;
  /** Bytes that may come out of it. */
  readonly most?: number;
}

/**
 * Unpacks a .tar.bz2 or .tar.gz to the folder `target`, whole or not at all; a folder that is alone in it becomes `target`
 * itself. Nothing in an archive reaches out of the folder: one that tries is refused as a whole.
 * @throws ToolError `model-corrupt`, `file-failed`, `cancelled`
 */
export async function unpack(archive: string, target: string, options: UnpackOptions): Promise<void> {
  const draft = `${target}.unpacking`;
  try {
    await rm(draft, { recursive: true, force: true });
    await mkdir(draft, { recursive: true, mode: 0o700 });
    await extract(archive, draft, options);
    await settle(draft, target);
  } catch (error) {
    await rm(draft, { recursive: true, force: true, maxRetries: 5 });
    if (options.signal.aborted) throw cancelled(options.signal);
    throw error instanceof ToolError ? error : (fileError(error, target) ?? corrupt(options.name, `it is damaged or truncated: ${(error as Error).message}`));
  }
}

/** The most that a model may have in bytes, by far: what unpacks to more is no model. */
const MOST_BYTES = 32 * 2 ** 30;
const MOST_ENTRIES = 100_000;

async function extract(archive: string, folder: string, { signal, onProgress, name, most = MOST_BYTES }: UnpackOptions): Promise<void> {
  const refusal = new AbortController();
  const either = AbortSignal.any([signal, refusal.signal]);
  const refuse = (reason: string): false => {
    refusal.abort(corrupt(name, reason));
    return false;
  };
  let entries = 0;
  let bytes = 0;
  const filter = (path: string, entry: tar.ReadEntry | object): boolean => {
    if (!(entry instanceof tar.ReadEntry)) return false;
    if (refusal.signal.aborted) return false;
    const wrong = outside(path, entry);
    if (wrong !== null) return refuse(wrong);
    if (++entries > MOST_ENTRIES || (bytes += entry.size) > most) return refuse(`more comes out of it than any model has (${entries} files, ${bytes} bytes)`);
    return !isAppleDouble(path);
  };
  const unpacking = tar.extract({
    cwd: folder,
    filter,
    preserveOwner: false,
    // The mode of what is unpacked is ours to say: it is read by us alone.
    noChmod: true,
    onwarn: (code, message, data) => {
      if (code !== "TAR_ENTRY_INFO") refusal.abort(fileError(data, folder) ?? corrupt(name, `it is damaged or truncated: ${message}`));
    },
  });
  const sink = sinkOf(unpacking);
  try {
    await decompress(archive, sink.writable, either, onProgress);
  } catch (error) {
    throw refusal.signal.aborted && !signal.aborted ? refusal.signal.reason : error;
  } finally {
    await sink.close();
  }
  if (refusal.signal.aborted) throw refusal.signal.reason;
  if (entries === 0) throw corrupt(name, "there is nothing in it");
}

/** What an entry has in it that does not stay in the folder, or is no file; null when all is well. */
function outside(path: string, { type, linkpath = "" }: tar.ReadEntry): string | null {
  if (leaves(path)) return `its entry '${path}' lies outside of its folder`;
  if (LINKS.has(type)) return leaves(linkpath) ? `its entry '${path}' is a link to '${linkpath}', which may lie outside of its folder` : null;
  return FILES.has(type) ? null : `its entry '${path}' is no file (${type})`;
}

const FILES = new Set<string>(["File", "OldFile", "ContiguousFile", "Directory"]);
const LINKS = new Set<string>(["SymbolicLink", "Link"]);

/** Also what comes back: where a link before it leads nobody has looked. */
function leaves(path: string): boolean {
  return isAbsolute(path) || path.split("/").includes("..");
}

/** What macOS keeps of a file beside its content; by its name one could take it for a model. */
function isAppleDouble(path: string): boolean {
  return path.split("/").some((part) => part.startsWith("._"));
}

/** Gives the folder its name; after a power cut there is all of it or nothing. */
async function settle(draft: string, target: string): Promise<void> {
  for (const entry of await readdir(draft, { recursive: true, withFileTypes: true })) if (entry.isFile() || entry.isDirectory()) await sync(join(entry.parentPath, entry.name));
  const [first, ...others] = await readdir(draft, { withFileTypes: true });
  const single = first?.isDirectory() === true && others.length === 0;
  await rename(single ? join(draft, first.name) : draft, target);
  if (single) await rm(draft, { recursive: true, force: true });
  await sync(dirname(target));
}

function corrupt(path: string, reason: string): ToolError {
  return new ToolError("model-corrupt", { path, reason, hint: "Fetch it again, or take another" });
}
