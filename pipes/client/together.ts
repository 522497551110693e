import { spawnSync } from "node:child_process";
import type { MakeFifo } from "../transport/fifo.ts";
import { spawnMkfifo } from "../transport/mkfifo.ts";

/**
 * Makes all of `paths` with one mkfifo(1) when the first of them is asked for: a second process would cost as much time
 * as the request itself. What could not be made so is made, or refused, one by one when its turn comes.
 */
export function makeTogether(paths: readonly string[]): MakeFifo {
  let made: Set<string> | null = null;
  return (path, mode) => {
    if (made === null) {
      const done = spawnSync("mkfifo", ["-m", mode.toString(8), "--", ...paths], { stdio: "ignore" });
      made = new Set(done.status === 0 ? paths : []);
    }
    if (!made.delete(path)) spawnMkfifo(path, mode);
  };
}
