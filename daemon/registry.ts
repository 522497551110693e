import { closeSync, constants, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Registry } from "../pipes/protocol/registry.ts";
import { ToolError } from "../pipes/protocol/errors.ts";

/** Changes of state come in flocks (idle, inferring, idle); readers of the file need not see each one. */
const COALESCE_MS = 50;

/** Keeps `registry.json` as `snapshot` says it is, replaced as a whole so that no reader sees half of it. */
export class RegistryFile {
  readonly path: string;
  readonly #snapshot: () => Registry;
  readonly #report: (error: ToolError) => void;
  #timer: NodeJS.Timeout | null = null;
  #failing = false;
  #removed = false;

  constructor(path: string, snapshot: () => Registry, report: (error: ToolError) => void) {
    this.path = path;
    this.#snapshot = snapshot;
    this.#report = report;
  }

  /** Something has changed: it is written soon. */
  touch(): void {
    this.#timer ??= setTimeout(() => this.write(), COALESCE_MS);
  }

  /** Writes it now. A failure (a full disk) is reported once, and the next change tries again. */
  write(): void {
    this.#cancel();
    if (this.#removed) return;
    try {
      this.#replace(`${JSON.stringify(this.#snapshot(), null, 2)}\n`);
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#report(ToolError.from(error, "file-failed", { path: this.path }));
      this.#failing = true;
    }
  }

  /** No daemon runs any more. */
  remove(): void {
    this.#cancel();
    this.#removed = true;
    rmSync(this.path, { force: true });
  }

  /** Not synced to the disk: what it says is worth nothing after the machine itself has gone down. */
  #replace(text: string): void {
    const draft = `${this.path}.${process.pid}.new`;
    rmSync(draft, { force: true });
    const fd = openSync(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
    try {
      writeFileSync(fd, text); // all of it, or an error
      renameSync(draft, this.path);
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    } finally {
      closeSync(fd);
    }
  }

  #cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
