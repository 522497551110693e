import { constants } from "node:fs";
import { type FileHandle, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { sync } from "./sync.ts";

/** Tells whether what lies on the server is still what the beginning in the .part file is of: an ETag or a date. */
export interface Origin {
  readonly url: string;
  readonly validator: string;
}

/** A download that is not complete: `FILE.part`, and `FILE.part.json` with where it comes from. */
export class Partial {
  readonly path: string;
  readonly #note: string;

  constructor(target: string) {
    this.path = `${target}.part`;
    this.#note = `${target}.part.json`;
  }

  /** How many bytes are there, and where they came from; nothing when either is not known, for then they cannot be trusted. */
  async state(url: string): Promise<{ readonly bytes: number; readonly origin: Origin } | null> {
    const bytes = await stat(this.path).then(({ size }) => size, () => 0);
    const origin = await readFile(this.#note, "utf8").then(parseOrigin, () => null);
    return bytes === 0 || origin === null || origin.url !== url ? null : { bytes, origin };
  }

  /** Open for appending after its first `keep` bytes. Where they come from is on disk before the first of them is. */
  async open(keep: number, origin: Origin | null): Promise<FileHandle> {
    if (keep === 0) {
      await rm(this.#note, { force: true });
      if (origin !== null) await writeFile(this.#note, JSON.stringify(origin), { mode: 0o600 });
    }
    const file = await open(this.path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o600);
    try {
      if ((await file.stat()).size > keep) await file.truncate(keep);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async remove(): Promise<void> {
    await Promise.all([rm(this.path, { force: true }), rm(this.#note, { force: true })]);
  }

  /** Gives the complete file its name; after a power cut there is all of it or nothing. */
  async land(target: string, folder: string): Promise<void> {
    await sync(this.path);
    await rename(this.path, target);
    await rm(this.#note, { force: true });
    await sync(folder);
  }
}

function parseOrigin(text: string): Origin | null {
  try {
    const origin = JSON.parse(text) as { url?: unknown; validator?: unknown } | null;
    return typeof origin?.url === "string" && typeof origin.validator === "string" ? { url: origin.url, validator: origin.validator } : null;
  } catch {
    return null;
  }
}
