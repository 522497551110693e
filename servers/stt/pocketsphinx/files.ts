import { open, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { type Environment, places } from "../../../pipes/protocol/places.ts";

/** A library and a model that were found; every path is absolute. */
export interface PocketSphinx {
  /** `libpocketsphinx.so.3`, as of Debian's 0.8+5prealpha. */
  readonly library: string;
  /** Libraries that it needs and that the system's linker might not find; in no order. */
  readonly needed: readonly string[];
  /** The folder with `en-us`, `en-us.lm.bin` and `cmudict-en-us.dict`. */
  readonly model: string;
}

export const LIBRARY = "libpocketsphinx.so.3";
export const BASE = "libsphinxbase.so.3";

/** Where things are looked for, in this order. A folder of ours has `lib` and `model` in it, see `bring`. */
export interface SearchPath {
  readonly folders: readonly string[];
  readonly libraries: readonly string[];
  readonly models: readonly string[];
}

/** Where `bring` puts what it brings. */
export const broughtFolder = (env?: Environment): string => join(dirname(places(env).models), "pocketsphinx");

/** `$PIPE_TOOLS_POCKETSPHINX` is the only place where it is set. */
export function searchPath(env: Environment = process.env): SearchPath {
  const named = env["PIPE_TOOLS_POCKETSPHINX"];
  if (named !== undefined && named !== "") return { folders: [named], libraries: [], models: [] };
  const roots = ["/usr/local", "/usr"];
  return {
    folders: [broughtFolder(env)],
    libraries: roots.flatMap((root) => [...TRIPLETS.map((triplet) => join(root, "lib", triplet)), join(root, "lib64"), join(root, "lib")]),
    models: roots.map((root) => join(root, "share/pocketsphinx/model/en-us")),
  };
}

/** As Debian names the folders of an architecture. */
const TRIPLETS: readonly string[] =
  { x64: ["x86_64-linux-gnu"], arm64: ["aarch64-linux-gnu"], arm: ["arm-linux-gnueabihf", "arm-linux-gnueabi"], ia32: ["i386-linux-gnu"], riscv64: ["riscv64-linux-gnu"], ppc64: ["powerpc64le-linux-gnu"], s390x: ["s390x-linux-gnu"] }[process.arch as string] ?? [];

export interface Missing {
  readonly library: boolean;
  readonly model: boolean;
}

/** The first library and the first model; they need not come from one place: a program that plays films may have brought the library along. */
export async function findPocketSphinx(path: SearchPath = searchPath()): Promise<PocketSphinx | Missing> {
  const library = await first([...path.libraries, ...path.folders.map((folder) => join(folder, "lib"))], LIBRARY);
  const model = await first([...path.models, ...path.folders.map((folder) => join(folder, "model"))], DICTIONARY);
  if (library === null || model === null) return { library: library === null, model: model === null };
  const ours = path.folders.some((folder) => library === join(folder, "lib"));
  return { library: join(library, LIBRARY), needed: ours ? await others(library) : await present(join(library, BASE)), model };
}

export const isFound = (found: PocketSphinx | Missing): found is PocketSphinx => typeof found.library === "string";

/** The first folder that has a file of that name. */
async function first(folders: readonly string[], name: string): Promise<string | null> {
  for (const folder of folders) if ((await present(join(folder, name))).length > 0) return folder;
  return null;
}

async function present(path: string): Promise<string[]> {
  return stat(path).then((found) => (found.isFile() ? [path] : []), () => []);
}

async function others(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => /\.so(\.|$)/.test(name) && name !== LIBRARY).sort().map((name) => join(folder, name));
}

const DICTIONARY = "cmudict-en-us.dict";
/** How each file begins, and its size: the model has been the same everywhere since 2015. A longer one is another, a shorter one was cut. */
const MODEL: ReadonlyArray<{ readonly file: string; readonly bytes: number; readonly begins: RegExp }> = [
  { file: "en-us/feat.params", bytes: 100, begins: /^\s*-\w/ },
  { file: "en-us/mdef", bytes: 2_959_176, begins: /^(BMDF|FDMB|0\.3)/ },
  { file: "en-us/means", bytes: 838_732, begins: /^s3\n/ },
  { file: "en-us/variances", bytes: 838_732, begins: /^s3\n/ },
  { file: "en-us/transition_matrices", bytes: 2080, begins: /^s3\n/ },
  { file: "en-us/sendump", bytes: 1_969_024, begins: /^[^]{4}BEGIN FILE FORMAT/ },
  { file: "en-us.lm.bin", bytes: 27_114_385, begins: /^Trie Language Model/ },
  { file: DICTIONARY, bytes: 1000, begins: /^[\x20-\x7e\t]+\r?\n/ },
];

/** What pocketsphinx would not notice, or end the process over. @throws ToolError `model-missing`, `model-corrupt` */
export async function checkModel(folder: string): Promise<void> {
  for (const { file, bytes, begins } of MODEL) {
    const path = join(folder, file);
    const { size, head } = await headOf(path);
    if (size < bytes) throw new ToolError("model-corrupt", { path, reason: `it has ${size} bytes, expected ${bytes}`, hint: AGAIN });
    if (!begins.test(head)) throw new ToolError("model-corrupt", { path, reason: "it does not begin as such a file does", hint: AGAIN });
  }
}

const AGAIN = "Install the package pocketsphinx-en-us again";

async function headOf(path: string): Promise<{ size: number; head: string }> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "ENOENT" ? new ToolError("model-missing", { path, hint: AGAIN }) : ToolError.from(error, "file-failed", { path });
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(128), 0, 128, 0);
    return { size: (await file.stat()).size, head: buffer.toString("latin1", 0, bytesRead) };
  } finally {
    await file.close();
  }
}
