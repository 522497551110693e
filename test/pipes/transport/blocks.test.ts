import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BlockDecoder, encodeBlocks, MAX_BLOCK_BYTES } from "../../../pipes/transport/blocks.ts";

type Told = [number, string] | [number, null] | ["broken", number];

/** What a decoder tells of `bytes` that come in pieces of these lengths, payloads joined. */
function decode(header: "length" | "word and length", bytes: Buffer, lengths: readonly number[]): Told[] {
  const told: Told[] = [];
  const decoder = new BlockDecoder(header, {
    piece: (piece, word) => {
      const last = told.at(-1);
      if (last !== undefined && last[0] === word && typeof last[1] === "string") last[1] += piece.toString("hex");
      else told.push([word, piece.toString("hex")]);
    },
    end: (word) => told.push([word, null]),
    broken: (length) => told.push(["broken", length]),
  });
  for (let at = 0, next = 0; at < bytes.length; next++) {
    const length = lengths[next % lengths.length] ?? 1;
    decoder.push(bytes.subarray(at, at + length));
    at += length;
  }
  return told;
}

test("blocks come out as they went in, however the bytes are split", () => {
  const payload = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), payload), { minLength: 1, maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (blocks, lengths) => {
      const bytes = Buffer.concat(blocks.flatMap(([word, bytes]) => [encodeBlocks(bytes, word), encodeBlocks(Buffer.alloc(0), word)]));
      assert.deepEqual(decode("word and length", bytes, lengths), blocks.flatMap(([word, bytes]) => [[word, bytes.toString("hex")], [word, null]]));
    }),
  );
});

test("a payload of any size goes out in blocks of 64 KiB, and its bytes are a copy", () => {
  const payload = Buffer.alloc(150_000, 7);
  const bytes = encodeBlocks(payload);
  payload.fill(0);
  assert.deepEqual([bytes.readUInt32BE(0), bytes.readUInt32BE(65_540), bytes.readUInt32BE(131_080)], [65_536, 65_536, 18_928]);
  assert.deepEqual(decode("length", bytes, [4096]), [[0, "07".repeat(150_000)]]);
  assert.deepEqual(encodeBlocks(Buffer.alloc(0)), Buffer.alloc(4));
});

test("a length that no block has is said once, and nothing after it is taken for sound until it is in step again", () => {
  const wrong = Buffer.alloc(4);
  wrong.writeUInt32BE(MAX_BLOCK_BYTES + 1);
  const told: unknown[] = [];
  const decoder = new BlockDecoder("length", { piece: (bytes) => told.push(bytes.toString()), end: () => told.push("end"), broken: (length) => told.push(length) });
  decoder.push(Buffer.concat([wrong, Buffer.from("noise of another client"), wrong]));
  decoder.reset();
  decoder.push(encodeBlocks(Buffer.from("sound")));
  assert.deepEqual(told, [MAX_BLOCK_BYTES + 1, "sound"]);
});
