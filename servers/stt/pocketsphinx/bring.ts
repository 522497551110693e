import { copyFile, mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { waitForLock } from "../../../models/lock.ts";
import { cancelled } from "../../../pipes/protocol/cancelled.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { downloadPackages, hasApt, missingLibraries, unpack } from "./apt.ts";
import { BASE, broughtFolder, checkModel, findPocketSphinx, isFound, LIBRARY, type Missing, type PocketSphinx, searchPath, type SearchPath } from "./files.ts";

export interface BringOptions {
  /** The tool's name, for messages. */
  readonly tool: string;
  readonly signal: AbortSignal;
  /** `waiting`: another process brings it. `value` and `total` are shares of one. */
  readonly onProgress: (stage: "waiting" | "downloading" | "unpacking", value: number, total: number | null) => void;
  /** Where it is looked for; the last folder of ours is where it is brought to. */
  readonly path?: SearchPath;
}

/**
 * Pocketsphinx as it is found on this system, or brought from Debian's (or Ubuntu's) packages into the cache folder: 24 MB, once.
 * @throws ToolError `engine-failed` with the one command that helps, `file-failed`, `cancelled`
 */
export async function findOrBring(options: BringOptions): Promise<PocketSphinx> {
  const path = options.path ?? searchPath();
  const found = await findPocketSphinx(path);
  if (isFound(found)) return found;
  const named = process.env["PIPE_TOOLS_POCKETSPHINX"];
  if (options.path === undefined && named !== undefined && named !== "") throw missing(options.tool, found, `in ${named}, which PIPE_TOOLS_POCKETSPHINX names`);
  if (!(await hasApt())) throw missing(options.tool, found, "on this system, and there is no apt-get that could bring it", "Name a model for sherpa-onnx by `model:` in tools.yaml, see docs/stt.md");
  const target = path.folders.at(-1) ?? broughtFolder();
  try {
    return await takingTurns(target, path, options);
  } catch (error) {
    if (options.signal.aborted) throw cancelled(options.signal);
    if (error instanceof ToolError) throw error;
    if (error instanceof Error && "syscall" in error && "path" in error) throw ToolError.from(error, "file-failed", { path: target });
    throw missing(options.tool, found, `on this system, and could not be brought: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const COMMAND = "sudo apt install libpocketsphinx3 pocketsphinx-en-us";

function missing(tool: string, found: Missing, why: string, hint = `Run: ${COMMAND} – or name a model for sherpa-onnx by \`model:\` in tools.yaml`): ToolError {
  return new ToolError("engine-failed", { tool, reason: `${nounOf(found)} is not ${why}`, hint });
}

function nounOf({ library, model }: Missing): string {
  if (library && model) return "pocketsphinx";
  return library ? `pocketsphinx's library (${LIBRARY})` : "pocketsphinx's model for English";
}

async function takingTurns(target: string, path: SearchPath, { signal, onProgress }: BringOptions): Promise<PocketSphinx> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const lock = await waitForLock(`${target}.lock`, signal, () => onProgress("waiting", 0, null));
  try {
    const found = await findPocketSphinx(path);
    if (isFound(found)) return found;
    await bring(target, signal, onProgress);
  } finally {
    lock.release();
  }
  const brought = await findPocketSphinx(path);
  if (!isFound(brought)) throw new Error(`the packages do not have ${nounOf(brought)}`);
  return brought;
}

/** Under its name the folder is whole or not there. */
async function bring(target: string, signal: AbortSignal, onProgress: BringOptions["onProgress"]): Promise<void> {
  const draft = `${target}.draft`; // an earlier one is of somebody who died
  await rm(draft, { recursive: true, force: true });
  try {
    const [packages, root, whole] = [join(draft, "packages"), join(draft, "root"), join(draft, "whole")];
    await Promise.all([packages, root, join(whole, "lib")].map((folder) => mkdir(folder, { recursive: true, mode: 0o700 })));
    const fetch = async (names: readonly string[], from: number, to: number): Promise<void> => {
      await downloadPackages(names, { folder: packages, signal, onProgress: (share) => onProgress("downloading", from + (to - from) * share, 1) });
      for (const name of await readdir(packages)) if (name.endsWith(".deb")) await unpack(join(packages, name), root, signal);
    };
    onProgress("downloading", 0, 1);
    await fetch(PACKAGES, 0, 0.9);
    onProgress("unpacking", 0.9, 1);
    await gather(root, join(whole, "lib"), (names) => fetch(names, 0.9, 1), signal);
    await rename(join(root, "usr/share/pocketsphinx/model/en-us"), join(whole, "model"));
    await rename(join(root, "usr/share/doc"), join(whole, "copyright"));
    await checkModel(join(whole, "model"));
    await rm(target, { recursive: true, force: true });
    await rename(whole, target);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

const PACKAGES = ["libpocketsphinx3", "libsphinxbase3", "pocketsphinx-en-us"];

/** The libraries, and those that they need and the system lacks, in one folder. */
async function gather(root: string, folder: string, fetch: (names: readonly string[]) => Promise<void>, signal: AbortSignal): Promise<void> {
  const there = new Set<string>();
  for (let wanted = [LIBRARY, BASE]; wanted.length > 0; ) {
    for (const name of wanted) {
      await copyLibrary(root, folder, name);
      there.add(name);
    }
    const missing = new Set((await Promise.all(wanted.map((name) => missingLibraries(join(folder, name), signal)))).flat());
    wanted = [...missing].filter((name) => !there.has(name));
    if (wanted.length > 0) await fetch(wanted.map(packageOf));
  }
}

/** Libraries lie below `usr/lib/ARCHITECTURE` or `lib/ARCHITECTURE`, those of which there are several kinds one deeper. */
async function copyLibrary(root: string, folder: string, name: string): Promise<void> {
  const found = (await readdir(root, { recursive: true })).find((path) => basename(path) === name);
  if (found === undefined) throw new Error(`no package has ${name}`);
  await copyFile(join(root, found), join(folder, name));
}

/** Debian's rule: `libgfortran.so.5` is in `libgfortran5`, `libgcc_s.so.1` in `libgcc-s1`. Source: Debian Policy 8.1 */
function packageOf(library: string): string {
  const [, name = library, version = ""] = /^(.+)\.so\.(\d+)/.exec(library) ?? [];
  return `${name}${/\d$/.test(name) ? "-" : ""}${version}`.toLowerCase().replaceAll("_", "-");
}
