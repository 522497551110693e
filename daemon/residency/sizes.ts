import { closeSync, constants, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ToolError } from "../../pipes/protocol/errors.ts";

/** What one tool was seen to use once it had loaded. `sizes.json` is `{"version": 1, "sizes": {SPECHASH: this}}`. */
interface Size {
  readonly tool: string;
  readonly bytes: number;
  /** When it was measured, ISO 8601. */
  readonly at: string;
}

/** A change that is smaller is not worth a write. */
const WORTH = 0.02;
/** Specs come and go as tools.yaml is edited; the oldest measurements are forgotten. */
const MOST = 500;

/** How much memory each tool needs, learnt by measuring it; it outlives the daemon. A file that is damaged or missing is an empty one. */
export class Sizes {
  readonly #path: string;
  readonly #report: (error: ToolError) => void;
  #sizes: Map<string, Size>;

  constructor(path: string, report: (error: ToolError) => void) {
    this.#path = path;
    this.#report = report;
    this.#sizes = read(path);
  }

  /** Bytes; null for a spec that has not been measured yet. */
  of(specHash: string): number | null {
    return this.#sizes.get(specHash)?.bytes ?? null;
  }

  /** A failure to write is reported, and what was learnt is kept in memory. */
  learn(specHash: string, tool: string, bytes: number): void {
    const before = this.#sizes.get(specHash)?.bytes;
    if (before !== undefined && Math.abs(bytes - before) <= before * WORTH) return;
    this.#sizes.delete(specHash); // the latest stands last
    this.#sizes.set(specHash, { tool, bytes, at: new Date().toISOString() });
    this.#sizes = new Map([...this.#sizes].slice(-MOST));
    try {
      replace(this.#path, `${JSON.stringify({ version: 1, sizes: Object.fromEntries(this.#sizes) }, null, 2)}\n`);
    } catch (error) {
      this.#report(ToolError.from(error, "file-failed", { path: this.#path }));
    }
  }
}

function read(path: string): Map<string, Size> {
  try {
    const { sizes } = JSON.parse(readFileSync(path, "utf8")) as { sizes?: object };
    return new Map(Object.entries(sizes ?? {}).filter((entry): entry is [string, Size] => isSize(entry[1])));
  } catch {
    return new Map(); // no such file, or none of ours: it is measured again
  }
}

function isSize(value: unknown): value is Size {
  const { tool, bytes, at } = (value ?? {}) as Partial<Record<keyof Size, unknown>>;
  return typeof tool === "string" && typeof at === "string" && Number.isSafeInteger(bytes) && (bytes as number) >= 0;
}

function replace(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.new`;
  rmSync(draft, { force: true });
  const fd = openSync(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  try {
    writeFileSync(fd, text);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}
