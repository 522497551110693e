import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { Transform, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { DecoderError, startBunzip2 } from "./bunzip2/bunzip2.ts";

/**
 * Decompresses a .bz2 or .gz, by its first bytes, into `target`. `onProgress` is told how many bytes of it are done.
 * @throws what is wrong with the file, or with `target`; an AbortError
 */
export async function decompress(path: string, target: Writable, signal: AbortSignal, onProgress: (value: number, total: number) => void): Promise<void> {
  const { size } = await stat(path);
  const counted = counter((value) => onProgress(value, size));
  const kind = await compressionOf(path);
  const source = createReadStream(path, { highWaterMark: 1 << 17, signal });
  if (kind === "gzip") return pipeline(source, counted, createGunzip(), target, { signal });
  const bunzip2 = await startBunzip2();
  try {
    const ends = await Promise.allSettled([pipeline(bunzip2.output, target, { signal }), bunzip2.ended, pipeline(source, counted, bunzip2.input, { signal })]);
    const reasons = ends.flatMap((end) => (end.status === "rejected" ? [end.reason as unknown] : []));
    // The decoder knows best; what its neighbours say may follow from its end.
    if (reasons.length > 0) throw reasons.find((reason) => reason instanceof DecoderError) ?? reasons[0];
  } finally {
    bunzip2.kill();
  }
}

/** What a file is compressed with. @throws Error where it is something else */
export async function compressionOf(path: string): Promise<"bzip2" | "gzip"> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
    const beginning = buffer.subarray(0, bytesRead).toString("latin1");
    if (beginning.startsWith("BZh")) return "bzip2";
    if (beginning.startsWith("\x1f\x8b")) return "gzip";
    throw new Error(bytesRead === 0 ? "it is empty" : `it is no .tar.bz2 or .tar.gz: it begins with ${JSON.stringify(beginning)}`);
  } finally {
    await file.close();
  }
}

function counter(told: (value: number) => void): Transform {
  let value = 0;
  let last = Number.NEGATIVE_INFINITY;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      value += chunk.length;
      if (performance.now() - last >= PROGRESS_MS) {
        last = performance.now();
        told(value);
      }
      done(null, chunk);
    },
    flush(done) {
      told(value);
      done();
    },
  });
}

const PROGRESS_MS = 100;
