import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LineDecoder } from "../../../pipes/transport/frames.ts";

/** What comes out of `bytes` cut at `cuts`: lines, and "!" for a line that was too long. Every chunk is wiped after use, as a reused buffer is. */
function decode(bytes: Buffer, cuts: readonly number[], limit = 1 << 20): string[] {
  const out: string[] = [];
  const decoder = new LineDecoder(limit, (line) => out.push(line), () => out.push("!"));
  const edges = [0, ...[...new Set(cuts)].filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
  for (const [at, end] of edges.slice(1).entries()) {
    const chunk = Buffer.from(bytes.subarray(edges[at], end));
    decoder.push(chunk);
    chunk.fill(0x0a);
  }
  return out;
}

const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("ü", "€", "😀", "\u0000", "{}")).map((line) => line.replaceAll("\n", ""));

test("any lines, cut anywhere, inside a character too, come out as they went in", () => {
  fc.assert(
    fc.property(fc.array(text), fc.array(fc.nat(400)), (lines, cuts) => {
      assert.deepEqual(decode(Buffer.from(lines.map((line) => `${line}\n`).join("")), cuts), lines.filter((line) => line !== ""));
    }),
  );
});

test("a byte at a time is the same as all at once", () => {
  const bytes = Buffer.from("eins\n\nzwei €😀\nhalf");
  assert.deepEqual(decode(bytes, Array.from(bytes.keys())), ["eins", "zwei €😀"]);
});

test("a line over the limit is reported once and skipped; the lines around it arrive, however it is cut", () => {
  const limit = 8;
  fc.assert(
    fc.property(fc.array(fc.nat(20)), fc.array(fc.nat(200)), (lengths, cuts) => {
      const lines = lengths.map((length) => "x".repeat(length));
      const expected = lines.filter((line) => line !== "").map((line) => (line.length > limit ? "!" : line));
      assert.deepEqual(decode(Buffer.from(lines.map((line) => `${line}\n`).join("")), cuts, limit), expected);
    }),
  );
});

test("the limit counts bytes, not characters", () => {
  assert.deepEqual(decode(Buffer.from("éééé\nééééé\n"), [], 8), ["éééé", "!"]);
});

test("whether a part of a line is held can be told", () => {
  const decoder = new LineDecoder(4, () => undefined, () => undefined);
  const seen = ["ab", "c\n", "abcdef", "g", "\n"].map((chunk) => (decoder.push(Buffer.from(chunk)), decoder.partial));
  assert.deepEqual(seen, [true, false, true, true, false]);
});
