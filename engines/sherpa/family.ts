import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ToolError } from "../../pipes/protocol/errors.ts";

/** A kind of model that sherpa-onnx loads. Each room of engines has a table of those it knows. */
export interface Family<Files extends object> {
  /** What sherpa-onnx calls it: `vits`. */
  readonly name: string;
  /** The files it has, for people: `model.onnx, voices.bin and tokens.txt`. */
  readonly expected: string;
  /** Which file plays which part; null where the folder has none of its kind. The first family in a table that takes a folder has it. */
  readonly find: (folder: Folder) => Files | null;
}

/** What lies in a model's folder. */
export interface Folder {
  readonly path: string;
  /** Names of files, and of folders with a / behind them, in order; links count as what they lead to, hidden ones not at all. */
  readonly names: readonly string[];
}

export interface Found<F extends Family<object>> {
  readonly family: F;
  readonly files: NonNullable<ReturnType<F["find"]>>;
}

/**
 * Which of the families a folder's model is of, and which file plays which part, by the names under which k2-fsa publishes them.
 * `use` is what it is wanted for, as `speech`.
 * @throws ToolError `model-missing` without the folder, `model-unfit` where it is none of them, `file-failed`
 */
export async function findFamily<F extends Family<object>>(path: string, families: readonly F[], use: string): Promise<Found<F>> {
  const folder = await listFolder(path);
  for (const family of families) {
    const files = family.find(folder);
    if (files !== null) return { family, files: files as Found<F>["files"] };
  }
  const wanted = families.map(({ name, expected }) => `${name}: ${expected}`).join("; ");
  throw new ToolError("model-unfit", { path, use, reason: `expected the files of one of these: ${wanted}. There ${lies(folder.names)}` });
}

/** @throws ToolError `model-missing`, `file-failed` */
export async function listFolder(path: string): Promise<Folder> {
  try {
    const entries = (await readdir(path, { withFileTypes: true })).filter(({ name }) => !name.startsWith("."));
    const names = await Promise.all(entries.map(async (entry) => ((await isFolder(entry)) ? `${entry.name}/` : entry.name)));
    return { path, names: names.sort() };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") throw new ToolError("model-missing", { path, hint: "Check `model:` in tools.yaml: expected the folder of a model" });
    throw new ToolError("file-failed", { path, reason: message }, { cause: error });
  }
}

async function isFolder(entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return stat(join(entry.parentPath, entry.name)).then((found) => found.isDirectory(), () => false);
}

/**
 * The path of the file whose name matches. Of two that differ by `.int8` alone it is that one, or the other where `prefer` says
 * so: it is faster on a processor and hardly worse. Of several the first by name; null where there is none.
 */
export function pick({ path, names }: Folder, pattern: RegExp, prefer: "int8" | "float" = "int8"): string | null {
  const matching = names.filter((name) => pattern.test(name));
  const preferred = matching.find((name) => name.includes(".int8.") === (prefer === "int8"));
  const name = preferred ?? matching[0];
  return name === undefined ? null : join(path, name);
}

/** All of them, in order. */
export function pickAll({ path, names }: Folder, pattern: RegExp): string[] {
  return names.filter((name) => pattern.test(name)).map((name) => join(path, name));
}

function lies(names: readonly string[]): string {
  if (names.length === 0) return "is nothing";
  const some = names.slice(0, MOST_NAMES).join(", ");
  return `${names.length === 1 ? "lies" : "lie"} ${some}${names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : ""}`;
}

const MOST_NAMES = 12;
