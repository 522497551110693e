import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { packDigest, unpackDigest } from "../../../../servers/vector/store/digest.ts";

const terms = fc
  .uniqueArray(fc.integer({ min: 0, max: 0xffff_ffff }), { maxLength: 40 })
  .chain((hashes) => fc.record({ hashes: fc.constant(Uint32Array.from(hashes)), counts: fc.uint8Array({ minLength: hashes.length, maxLength: hashes.length }), length: fc.integer({ min: 0, max: 0xffff_ffff }) }));
const code = fc.record({ scale: fc.float({ noNaN: true, noDefaultInfinity: true }), codes: fc.int8Array({ minLength: 1, maxLength: 300 }) });

test("A digest comes back as it was packed, also from the middle of other bytes", () => {
  fc.assert(
    fc.property(fc.option(code), terms, fc.integer({ min: 0, max: 9 }), (packed, words, shift) => {
      const bytes = packDigest({ code: packed, terms: words });
      const around = new Uint8Array(bytes.length + 20);
      around.set(bytes, shift);
      const { code: unpacked, terms: found } = unpackDigest(around.subarray(shift, shift + bytes.length));
      assert.deepEqual(unpacked === null ? null : { scale: unpacked.scale, codes: [...unpacked.codes] }, packed === null ? null : { scale: packed.scale, codes: [...packed.codes] });
      assert.deepEqual([[...found.hashes], [...found.counts], found.length], [[...words.hashes], [...words.counts], words.length]);
    }),
  );
});

test("Bytes that are no digest are refused: too few, or of a length that fits none", () => {
  const whole = packDigest({ code: { scale: 1, codes: new Int8Array(128) }, terms: { hashes: Uint32Array.of(1, 2), counts: Uint8Array.of(1, 1), length: 2 } });
  for (const length of [0, 5, 11, 12, 100, whole.length - 1]) assert.throws(() => unpackDigest(whole.subarray(0, length)), RangeError, String(length));
});
