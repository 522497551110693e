import assert from "node:assert/strict";
import { test } from "node:test";
import { fromFloats, toFloats, toMono } from "../../audio/pcm.ts";

const pcm = (...samples: number[]): Buffer => Buffer.from(Int16Array.from(samples).buffer);

test("floats become samples and back; what is too loud is cut off, and what is no number is silence", () => {
  assert.deepEqual(fromFloats(Float32Array.of(0, 0.5, -0.5, 1, -1, 7, -7, Number.NaN, Infinity, -Infinity)), pcm(0, 16_384, -16_384, 32_767, -32_768, 32_767, -32_768, 0, 32_767, -32_768));
  const samples = Int16Array.from({ length: 65_536 }, (_, n) => n - 32_768);
  assert.deepEqual(fromFloats(toFloats(Buffer.from(samples.buffer))), Buffer.from(samples.buffer));
});

test("samples that lie at an odd place in memory, and half a sample at the end, are no problem", () => {
  const odd = Buffer.concat([Buffer.from([9]), pcm(1, -2, 3), Buffer.from([7])]).subarray(1);
  assert.deepEqual([...toFloats(odd)].map((x) => x * 32_768), [1, -2, 3]);
  assert.deepEqual(toMono(odd, 3), pcm(1));
});

test("mono is the mean of all channels, and does not overflow", () => {
  assert.deepEqual(toMono(pcm(100, 300, -100, -300, 32_767, 32_767, -32_768, -32_768, 5), 2), pcm(200, -200, 32_767, -32_768));
  assert.deepEqual(toMono(pcm(1, 2), 1), pcm(1, 2));
});
