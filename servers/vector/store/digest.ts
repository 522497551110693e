import { crc32 } from "node:zlib";
import type { Terms } from "../terms.ts";
import type { Code } from "./codes.ts";

/** What search keeps of a row in memory. */
export interface Digest {
  /** null where the row has no vector. */
  readonly code: Code | null;
  readonly terms: Terms;
}

const HEAD = 16;

/**
 * A digest as bytes, little-endian: u32 CRC-32 of what follows, f32 scale, u32 length of the text in terms, u32 how many codes; the codes,
 * an i8 each; then for each term its hash, u32, and after all of them their counts, u8. Without a vector there are no codes. The sum is
 * there because SQLite has none: what is wrong in it would be found by searches that find the wrong rows.
 */
export function packDigest({ code, terms }: Digest): Uint8Array {
  const codes = code?.codes.length ?? 0;
  const bytes = new Uint8Array(HEAD + codes + 5 * terms.hashes.length);
  const view = new DataView(bytes.buffer);
  view.setFloat32(4, code?.scale ?? 0, true);
  view.setUint32(8, terms.length, true);
  view.setUint32(12, codes, true);
  if (code !== null) bytes.set(new Uint8Array(code.codes.buffer, code.codes.byteOffset, codes), HEAD);
  const start = HEAD + codes;
  terms.hashes.forEach((hash, i) => view.setUint32(start + 4 * i, hash, true));
  bytes.set(terms.counts, start + 4 * terms.hashes.length);
  view.setUint32(0, sumOf(bytes), true);
  return bytes;
}

/** @throws RangeError where the bytes are no digest */
export function unpackDigest(bytes: Uint8Array): Digest {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== sumOf(bytes)) throw new RangeError("a digest that is not as it was written");
  const codes = view.getUint32(12, true);
  const start = HEAD + codes;
  const count = (bytes.byteLength - start) / 5;
  if (!Number.isInteger(count) || count < 0) throw new RangeError("a digest of a wrong length");
  const hashes = new Uint32Array(count);
  for (let i = 0; i < count; i++) hashes[i] = view.getUint32(start + 4 * i, true);
  return {
    code: codes === 0 ? null : { scale: view.getFloat32(4, true), codes: new Int8Array(bytes.buffer, bytes.byteOffset + HEAD, codes) },
    terms: { hashes, counts: bytes.subarray(start + 4 * count), length: view.getUint32(8, true) },
  };
}

function sumOf(bytes: Uint8Array): number {
  return crc32(bytes.subarray(4));
}
