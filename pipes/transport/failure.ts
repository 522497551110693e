import type { Stats } from "node:fs";

/**
 * What this room refuses to touch. It may not import the protocol's error table, so it throws these, and whoever
 * calls it turns them into the ToolError of the same code (`ToolError.from` does).
 */
export interface TransportFacts {
  "not-a-fifo": { path: string; got: string };
  "not-ours": { path: string; owner: number; uid: number };
  /** `reason` continues a sentence that starts with the path: "is a symbolic link, expected a folder". */
  "unsafe-file": { path: string; reason: string; hint?: string };
  /** `limit` is null where it is not known, or the machine's own. */
  "too-many-files": { path: string; limit: number | null };
}
export type TransportCode = keyof TransportFacts;

export class TransportError<Code extends TransportCode = TransportCode> extends Error {
  readonly code: Code;
  readonly facts: TransportFacts[Code] & Readonly<Record<string, unknown>>;
  readonly path: string;

  constructor(code: Code, facts: TransportFacts[Code], options?: { cause?: unknown }) {
    super(sentences[code](facts), options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = "TransportError";
    this.code = code;
    this.facts = { ...facts };
    this.path = facts.path;
  }
}

const sentences: { [Code in TransportCode]: (facts: TransportFacts[Code]) => string } = {
  "not-a-fifo": (x) => `${x.path} is ${x.got}, not a FIFO; it was left alone`,
  "not-ours": (x) => `${x.path} belongs to uid ${x.owner}, not to us (uid ${x.uid}); it was left alone`,
  "unsafe-file": (x) => `${x.path} ${x.reason}${x.hint === undefined ? "" : `. ${x.hint}`}`,
  "too-many-files": (x) => `${x.path} cannot be opened: too many files are open${x.limit === null ? "" : ` (the limit is ${x.limit})`}`,
};

/** @throws TransportError `not-ours` when the file belongs to anyone but the user we act as. */
export function checkOwner(path: string, stats: Pick<Stats, "uid">): void {
  const uid = process.geteuid?.() ?? 0;
  if (stats.uid !== uid) throw new TransportError("not-ours", { path, owner: stats.uid, uid });
}

/** What a path turned out to be, for a sentence: "a regular file", "a symbolic link", … */
export function kindOf(stats: Stats): string {
  if (stats.isFile()) return "a regular file";
  if (stats.isDirectory()) return "a folder";
  if (stats.isSymbolicLink()) return "a symbolic link";
  if (stats.isFIFO()) return "a FIFO";
  if (stats.isSocket()) return "a socket";
  return "a device";
}

/** No descriptor is left, to this process or to all. */
export function isOutOfFiles(error: unknown): error is NodeJS.ErrnoException {
  return hasCode(error, "EMFILE", "ENFILE");
}

export function hasCode(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}
