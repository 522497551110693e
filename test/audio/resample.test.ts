import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Resampler } from "../../audio/resample.ts";
import { loudnessAt, samplesOf, tone } from "./tone.ts";

const PAIRS = [[48_000, 16_000], [44_100, 16_000], [16_000, 48_000], [22_050, 16_000], [24_000, 44_100], [192_000, 8000], [8000, 192_000], [44_101, 16_000], [11_025, 8000]] as const;

const all = (from: number, to: number, samples: Int16Array): Int16Array => {
  const resampler = new Resampler(from, to);
  return Int16Array.from([...resampler.push(samples), ...resampler.flush()]);
};

test("a tone stays what it is, neither louder nor later, from any rate to any other", () => {
  for (const [from, to] of PAIRS) {
    const input = samplesOf(tone(440, from, 0.5));
    const output = all(from, to, input);
    assert.equal(output.length, Math.ceil((input.length * to) / from), `${from} to ${to}`);
    const expected = samplesOf(tone(440, to, 0.5));
    const margin = Math.ceil(to * 0.02); // the tone begins and ends with a jump, which no filter leaves as it is
    const worst = expected.subarray(margin, -margin).reduce((most, sample, n) => Math.max(most, Math.abs(sample - (output[n + margin] as number))), 0);
    assert.ok(worst <= 4, `${from} to ${to}: off by ${worst}`);
  }
});

test("what the lower rate cannot hold is gone, and does not come back as another tone", () => {
  for (const [from, to] of PAIRS.filter(([from, to]) => from > to * 1.1)) {
    for (const frequency of [to * 0.505, to * 0.6, from * 0.49].filter((frequency) => frequency < from / 2 && frequency > to / 2)) {
      const output = all(from, to, samplesOf(tone(frequency, from, 0.3, 0.9)));
      const margin = Math.ceil(to * 0.02);
      const loudest = output.subarray(margin, -margin).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
      assert.ok(loudest <= 6, `${frequency} Hz at ${from} to ${to}: ${loudest}`);
    }
  }
});

test("up to four fifths of what the lower rate can hold is let through as it is", () => {
  for (const [from, to] of PAIRS) {
    const frequency = 0.8 * Math.min(from, to) * 0.5;
    const output = all(from, to, samplesOf(tone(frequency, from, 0.3)));
    const margin = Math.ceil(to * 0.02);
    const loudness = loudnessAt(frequency, output.slice(margin, -margin), to);
    assert.ok(Math.abs(loudness - 0.5) < 0.005, `${frequency} Hz at ${from} to ${to}: ${loudness}`);
  }
});

test("how it is cut into pieces makes no difference", () => {
  const sound = samplesOf(tone(300, 22_050, 0.2));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 30 }), fc.constantFrom([22_050, 16_000], [22_050, 48_000], [22_050, 22_050]), (sizes, [from = 1, to = 1]) => {
      const resampler = new Resampler(from, to);
      const pieces: number[] = [];
      let at = 0;
      for (const size of sizes) {
        pieces.push(...resampler.push(sound.subarray(at, at + size)));
        at = Math.min(sound.length, at + size);
      }
      pieces.push(...resampler.push(sound.subarray(at)), ...resampler.flush());
      assert.deepEqual(pieces, [...all(from, to, sound)]);
    }),
    { numRuns: 40 },
  );
});

test("after its flush it begins anew, and nothing in gives nothing out", () => {
  const resampler = new Resampler(16_000, 48_000);
  const sound = samplesOf(tone(300, 16_000, 0.05));
  const first = [...resampler.push(sound), ...resampler.flush()];
  assert.deepEqual([...resampler.push(sound), ...resampler.flush()], first);
  assert.equal(resampler.flush().length, 0);
});

test("a minute takes less than two seconds", () => {
  const minute = samplesOf(tone(440, 44_100, 60));
  const before = process.cpuUsage();
  all(44_100, 16_000, minute);
  const { user, system } = process.cpuUsage(before);
  assert.ok((user + system) / 1e6 < 2, `${(user + system) / 1e6} s`); // measured: 0.25 s; the machine may be busy
});
