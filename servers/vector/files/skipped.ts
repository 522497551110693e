/** Why a file, or a folder with all that is in it, is left out. */
export type SkipReason =
  | "version-control"
  | "hidden"
  | "ignored"
  | "excluded"
  | "not-included"
  | "symlink"
  | "not-a-file"
  | "too-large"
  | "binary"
  | "not-utf8"
  | "unreadable";

export interface Skipped {
  readonly kind: "skipped";
  /** From the root, with `/` between its parts; a folder's stands for everything in it. */
  readonly path: string;
  readonly reason: SkipReason;
  /** More about it, where there is more: a system's error, a size. */
  readonly detail?: string;
}

export function skipped(path: string, reason: SkipReason, detail?: string): Skipped {
  return { kind: "skipped", path, reason, ...(detail === undefined ? {} : { detail }) };
}

/** What to say about what could not be read; null: it is not there any more, which there is no need to speak of. */
export function unreadable(path: string, error: unknown): Skipped | null {
  if (!isGone(error)) return skipped(path, "unreadable", reasonOf(error));
  // A name that is no UTF-8 comes with this sign in place of what it has, and leads nowhere.
  return path.includes("\uFFFD") ? skipped(path, "unreadable", "its name is not UTF-8") : null;
}

/** Whether the system says that there is nothing by that name, which between a look and the next is no failure. */
export function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}

/** `EACCES at open`, which is all there is to say. */
export function reasonOf(error: unknown): string {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  return code === undefined ? message : `${code} at ${syscall ?? "reading"}`;
}
