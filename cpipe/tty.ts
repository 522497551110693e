import { fstatSync } from "node:fs";
import { isatty } from "node:tty";

/** Whether a terminal is there. Node's own word for it costs two milliseconds to load, so it is asked only where there may be one. */
export function isTerminal(fd: number): boolean {
  try {
    return fstatSync(fd).isCharacterDevice() && isatty(fd);
  } catch {
    return false; // it is closed
  }
}
