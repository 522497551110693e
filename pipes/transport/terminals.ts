import { closeSync, fstatSync, statSync } from "node:fs";
import { isatty } from "node:tty";

/**
 * Has the process end as it means to, also where the terminal that it was started on has been closed: Node gives each of its standard streams
 * the settings back that it began with, and aborts where that fails. It looks at none that is closed. Source: `ResetStdio` in Node's src/node.cc.
 */
export function outliveTerminals(): void {
  process.once("exit", () => {
    for (const fd of [0, 1, 2]) if (hasGone(fd)) closeSync(fd);
  });
}

/** Whether it is a terminal that nobody has any more; what is none is answered without `node:tty`, which takes a while to load. */
function hasGone(fd: number): boolean {
  try {
    const stats = fstatSync(fd);
    return stats.isCharacterDevice() && stats.rdev !== statSync("/dev/null").rdev && !isatty(fd);
  } catch {
    return false; // closed already
  }
}
