import { lstatSync, readlinkSync, statSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";

/** A directory entry that decides what a path leads to: a symbolic link on the way, the file at its end, or what is missing. */
export interface Step {
  /** A real path: no link in it. */
  readonly folder: string;
  readonly name: string;
}

const MAX_LINKS = 40;

/**
 * Every entry whose change could make an absolute path lead elsewhere: each link on the way (of a folder, too), then the
 * file itself, or the first entry that does not exist.
 */
export function tracePath(path: string): Step[] {
  const steps: Step[] = [];
  const rest = path.split("/");
  let folder = "/";
  for (let links = 0; rest.length > 0 && links <= MAX_LINKS; ) {
    const name = rest.shift() ?? "";
    if (name === "" || name === ".") continue;
    if (name === "..") {
      folder = dirname(folder);
      continue;
    }
    const here = join(folder, name);
    const kind = kindOf(here);
    if (kind !== "folder" || rest.length === 0) steps.push({ folder, name });
    if (kind === "link") {
      links += 1;
      const target = readlinkSync(here);
      rest.unshift(...target.split("/"));
      if (isAbsolute(target)) folder = "/";
    } else if (kind === "folder") folder = here;
    else break;
  }
  return steps;
}

/** Which file a path leads to and which state it is in; equal prints mean that nothing has changed. */
export function fingerprint(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(":");
  } catch (error) {
    return `unreadable: ${String((error as { code?: unknown }).code)}`;
  }
}

function kindOf(path: string): "link" | "folder" | "file" | "none" {
  try {
    const found = lstatSync(path);
    return found.isSymbolicLink() ? "link" : found.isDirectory() ? "folder" : "file";
  } catch (error) {
    // Whatever keeps us from looking further (it is not there, it may not be entered), this is the entry to wait at.
    if ((error as { code?: unknown }).code === undefined) throw error;
    return "none";
  }
}
