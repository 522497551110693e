import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

/** A folder on a small disk of its own, that can be filled to the last byte and emptied again. */
export class SmallDisk {
  readonly folder: string;

  /** In a mount namespace of our own. @throws when it cannot be mounted */
  constructor(folder: string, size: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.folder = folder;
    const done = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=0700`, "none", folder], { encoding: "utf8" });
    if (done.status !== 0) throw new Error(`no small disk at ${folder}: ${done.stderr}`);
  }

  fill(): void {
    const fd = openSync(join(this.folder, ".filler"), "w");
    try {
      for (let piece = Buffer.alloc(65_536); piece.length > 0; ) {
        try {
          writeSync(fd, piece);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
          piece = piece.subarray(0, Math.floor(piece.length / 2));
        }
      }
    } finally {
      closeSync(fd);
    }
  }

  empty(): void {
    rmSync(join(this.folder, ".filler"), { force: true });
  }

  unmount(): void {
    spawnSync("umount", ["-l", this.folder]);
  }
}
