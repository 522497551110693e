import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MAX_DURATION_MS, parseDuration, parseSize } from "../../../pipes/protocol/units.ts";

test("Durations are read as people write them, and a bare number is seconds", () => {
  const durations: [unknown, number][] = [
    ["500ms", 500], ["30s", 30_000], ["10m", 600_000], ["1h30m", 5_400_000], ["1h 30m 5s", 5_405_000], ["1.5h", 5_400_000], ["2d", 172_800_000], ["1s500ms", 1500],
    [0, 0], [30, 30_000], [0.25, 250], ["30", 30_000], [" 5s ", 5000], ["24d", MAX_DURATION_MS],
  ];
  for (const [text, ms] of durations) assert.equal(parseDuration(text), ms, String(text));
});

test("What is no duration is refused, and so is one that no timer can wait for", () => {
  for (const text of ["", "s", "30 secs", "1m30", "30m1h", "1s1s", "-5s", ".5s", "1e3", "5S", "25d", 2_073_601, -1, Number.NaN, Number.POSITIVE_INFINITY, true, null, undefined, {}]) {
    assert.equal(parseDuration(text), null, JSON.stringify(text));
  }
});

test("Sizes are read in 1024s and in 1000s, and a bare number is bytes", () => {
  const sizes: [unknown, number][] = [
    ["2GiB", 2 ** 31], ["512MiB", 2 ** 29], ["10MB", 10_000_000], ["10kB", 10_000], ["10KB", 10_000], ["4K", 4096], ["4k", 4096], ["1Mi", 2 ** 20], ["1.5MiB", 1_572_864], ["1TiB", 2 ** 40],
    ["12", 12], ["12B", 12], [12, 12], [" 1 MiB ", 2 ** 20],
  ];
  for (const [text, bytes] of sizes) assert.equal(parseSize(text), bytes, String(text));
});

test("What is no size is refused", () => {
  for (const text of ["", "MB", "-1MB", "1 mb", "1PB", "10 bananas", "1e6", "9999999TiB", -1, Number.NaN, [], null]) assert.equal(parseSize(text), null, JSON.stringify(text));
});

test("A duration written in parts is the sum of its parts", () => {
  const part = fc.nat(99);
  fc.assert(
    fc.property(part, part, part, part, (h, m, s, ms) => {
      assert.equal(parseDuration(`${h}h${m}m${s}s${ms}ms`), ((h * 60 + m) * 60 + s) * 1000 + ms);
    }),
  );
});

test("No text takes long to refuse", () => {
  const started = performance.now();
  for (const text of ["1".repeat(50_000), "1m".repeat(25_000), " ".repeat(50_000), "1 ".repeat(25_000)]) {
    parseDuration(text);
    parseSize(text);
  }
  assert.ok(performance.now() - started < 1000);
});
