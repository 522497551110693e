import { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Unpack } from "tar";

/**
 * What writes an archive into a folder, as a stream of Node's. Files that were begun are written on after an error; `close` resolves when
 * nothing is.
 */
export function sinkOf(unpacking: Unpack): { readonly writable: Writable; close(): Promise<void> } {
  const closed = new Promise<void>((resolve) => unpacking.once("close", resolve));
  unpacking.on("error", (error: Error) => writable.destroy(error));
  const writable = new Writable({
    write(chunk: Buffer, _, done) {
      try {
        if (unpacking.write(chunk)) done();
        else unpacking.once("drain", () => done());
      } catch (error) {
        done(error as Error);
      }
    },
    final(done) {
      unpacking.once("close", () => done());
      unpacking.end();
    },
  });
  const close = async (): Promise<void> => {
    if (!writable.writableEnded) unpacking.end();
    writable.destroy();
    // A stream that has thrown may never close.
    const timer = new AbortController();
    await Promise.race([closed, sleep(CLOSE_MS, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
  };
  return { writable, close };
}

const CLOSE_MS = 2000;
