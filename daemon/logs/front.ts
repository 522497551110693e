import { fstatSync, ftruncateSync, readSync, writeSync } from "node:fs";
import { collapseFront } from "../../pipes/transport/libc.ts";

const CHUNK = 256 * 1024;
const LINE_END = 0x0a;

/**
 * Takes what has been copied to `target` away from the front of `source`, in whole blocks; whoever appends to it goes on, and loses
 * nothing. The line that lies across the edge stays with the copy as a whole; of what is left of it in front there are only line ends. Returns
 * false where the file system cannot: then nothing has changed.
 */
export function takeFront(source: number, target: number, copied: number): boolean {
  const { blksize } = fstatSync(source);
  const gone = Math.floor((copied - 1) / blksize) * blksize;
  if (gone <= 0) return false;
  const edge = lineEndFrom(source, gone, copied);
  if (!collapseFront(source, gone)) return false;
  ftruncateSync(target, edge);
  for (let at = 0, rest = Buffer.alloc(edge - gone, LINE_END); at < rest.length; ) at += writeSync(source, rest, at, rest.length - at, at);
  return true;
}

/** Where the line ends that byte `from` is in, at most `to`; `from` itself where a line begins there, or has no end yet. */
function lineEndFrom(fd: number, from: number, to: number): number {
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let at = from - 1; at < to; ) {
    const read = readSync(fd, buffer, 0, Math.min(CHUNK, to - at), at);
    const found = buffer.subarray(0, read).indexOf(LINE_END);
    if (found !== -1) return at + found + 1;
    if (read === 0) break;
    at += read;
  }
  return from;
}
