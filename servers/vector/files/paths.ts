import { posix } from "node:path";

// Paths from a root have `/` between their parts; "" is the root itself.

/** `path` from `base`, in which it is; both absolute. */
export function below(base: string, path: string): string {
  return path.slice(base.endsWith("/") ? base.length : base.length + 1);
}

export function pathIn(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

/** `a/b/c` → `a/b`, `a`, "" */
export function parentsOf(path: string): string[] {
  const parents: string[] = [];
  for (let at = path; at !== ""; parents.push(at)) at = at.slice(0, Math.max(0, at.lastIndexOf("/")));
  return parents;
}

/** Without what is inside of another one; none leads out of the root. */
export function outermost(paths: Iterable<string>): string[] {
  const wanted = new Set(Array.from(paths, (path) => posix.normalize(`/${path}`).slice(1).replace(/\/$/, "")));
  return [...wanted].filter((path) => !parentsOf(path).some((parent) => wanted.has(parent)));
}
