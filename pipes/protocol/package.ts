import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ToolError } from "./errors.ts";

/** The folder of this package, found from wherever this code was bundled to. @throws ToolError `file-failed` */
export function packageRoot(): string {
  return found().root;
}

/** The version in package.json. @throws ToolError `file-failed` */
export function packageVersion(): string {
  return found().version;
}

interface Package {
  readonly root: string;
  readonly version: string;
}
const NAME = "pipe-tools";
let cached: Package | undefined;

function found(): Package {
  cached ??= search(dirname(fileURLToPath(import.meta.url)));
  return cached;
}

function search(start: string): Package {
  for (let folder = start; ; folder = dirname(folder)) {
    const version = versionIn(join(folder, "package.json"));
    if (version !== null) return { root: folder, version };
    if (folder === dirname(folder)) throw new ToolError("file-failed", { path: start, reason: `no package.json of ${NAME} in this folder or above it` });
  }
}

/** The version of our package.json; null when this is another package's, or none. */
function versionIn(path: string): string | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (isAbsent(error)) return null;
    throw ToolError.from(error, "file-failed", { path });
  }
  const { name, version } = JSON.parse(text) as { name?: unknown; version?: unknown };
  return name === NAME ? String(version) : null;
}

function isAbsent(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR";
}
