import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type SegmentEvent, Segmenter, type SegmenterOptions } from "../../../../servers/stt/engine/segmenter.ts";

const RATE = 16_000;
const FRAME = 480;
const usual: SegmenterOptions = { silence: 0.5, preRoll: 0.3, longest: 30 };

interface Segment {
  from: number;
  speech: number;
  to: number;
  speechEnd: number;
  cut: boolean;
  sound: number[];
}

/** Frames of `pattern`, a digit each: 0 is silence, others are speech, and how loud. Samples count up, so that each says where it comes from. */
function segment(pattern: string, options: Partial<SegmenterOptions> = {}, frame = FRAME): Segment[] {
  const segmenter = new Segmenter({ ...usual, ...options });
  const events: SegmentEvent[] = [];
  for (const [index, digit] of pattern.split("").entries()) {
    const samples = Int16Array.from({ length: frame }, (_, at) => (digit === "0" ? 0 : Number(digit) * 1000 + ((index * frame + at) % 7)));
    events.push(...segmenter.push(samples, digit !== "0"));
  }
  events.push(...segmenter.flush());
  return segmentsOf(events);
}

/** Holds every run to the rules: a segment begins, has all of its samples, and ends before the next one begins. */
function segmentsOf(events: readonly SegmentEvent[]): Segment[] {
  const segments: Segment[] = [];
  let open: Segment | null = null;
  for (const event of events) {
    if (event.type === "begin") {
      assert.equal(open, null, "one at a time");
      assert.ok(event.from >= (segments.at(-1)?.to ?? 0), "no sample is in two segments");
      open = { from: event.from, speech: event.speech, to: -1, speechEnd: -1, cut: false, sound: [] };
    } else if (event.type === "sound") open!.sound.push(...event.samples);
    else {
      assert.ok(open !== null);
      assert.equal(open.from + open.sound.length, event.to, "the sound is all from its beginning to its end");
      segments.push({ ...open, to: event.to, speechEnd: event.speech, cut: event.cut });
      open = null;
    }
  }
  assert.equal(open, null, "the last one is ended");
  return segments;
}

const at = (frames: number): number => frames * FRAME;

test("speech between silences is one segment, with what was before it and the silence that ended it", () => {
  const [segment_, ...more] = segment("0".repeat(40) + "1".repeat(20) + "0".repeat(40));
  assert.equal(more.length, 0);
  const { from, speech, to, speechEnd, cut } = segment_!;
  assert.deepEqual({ from, speech, speechEnd, cut }, { from: at(40) - 0.3 * RATE, speech: at(40), speechEnd: at(60), cut: false });
  assert.ok(to - speechEnd >= 0.5 * RATE && to - speechEnd < 0.5 * RATE + FRAME);
});

test("the pre-roll is exact to the sample, and no more than there is", () => {
  assert.equal(segment("0".repeat(20) + "1".repeat(9), { preRoll: 0.1001 })[0]?.from, at(20) - 1602);
  assert.equal(segment("001111111")[0]?.from, 0);
  assert.equal(segment("0".repeat(20) + "1".repeat(9), { preRoll: 0 })[0]?.from, at(20));
});

test("a click is no speech, and neither are two that are far apart; what is as long as a syllable is", () => {
  assert.deepEqual(segment("0000111000000000010000"), []);
  assert.equal(segment("000011110000").length, 1);
  assert.equal(segment("0000110110000").length, 1, "a syllable with a hole in it");
});

test("a pause shorter than the silence does not end it", () => {
  assert.equal(segment("0001111000000000000000011110000").length, 1, "0.48 s");
  assert.equal(segment("00011110000000000000000011110000").length, 2, "0.51 s");
});

test("two utterances close to each other share no sample: the second one's pre-roll begins where the first one ended", () => {
  const [first, second] = segment(`000${"1".repeat(10)}${"0".repeat(18)}${"1".repeat(10)}000`);
  assert.equal(second?.from, Math.max(first!.to, at(31) - 0.3 * RATE));
});

test("what is still being said at the end of the recording is kept, less than a syllable is not", () => {
  assert.equal(segment("00011111")[0]?.to, at(8));
  assert.deepEqual(segment("00000011"), []);
});

test("speech without a pause is cut at the quietest place of the last third, and nothing is lost between the two", () => {
  const pattern = "5".repeat(85) + "1".repeat(2) + "5".repeat(60);
  const [first, second] = segment(pattern, { longest: 3 });
  assert.deepEqual([first?.to, first?.cut, second?.from], [at(86), true, at(86)], "between the two quiet frames");
  assert.equal(second?.to, at(pattern.length));
});

test("a pause in the last seconds that is no end is where it is cut", () => {
  const [first] = segment("5".repeat(80) + "0".repeat(6) + "5".repeat(60), { longest: 3 });
  assert.ok(first!.to > at(80) && first!.to < at(86), `${first!.to / FRAME}`);
});

test("whatever is said, segments are in order, whole, apart, no longer than allowed, and hold all speech but clicks", () => {
  const runs = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 60 })), { maxLength: 30 });
  const options = fc.record({ silence: fc.double({ min: 0.05, max: 1, noNaN: true }), preRoll: fc.double({ min: 0, max: 1, noNaN: true }), longest: fc.double({ min: 1, max: 8, noNaN: true }) });
  fc.assert(
    fc.property(runs, options, fc.constantFrom(160, 320, 480, 512), (runs, options, frame) => {
      const pattern = runs.map(([digit, count]) => String(digit).repeat(count)).join("");
      const segments = segment(pattern, options, frame);
      const inside = new Set<number>();
      for (const { from, to, speech, speechEnd, sound } of segments) {
        assert.ok(to - from <= Math.round(options.longest * RATE), `${to - from} samples`);
        assert.ok(from <= speech && speech <= to && speechEnd <= to);
        for (let index = Math.floor(from / frame); index * frame < to; index++) inside.add(index);
        for (const [offset, sample] of sound.entries()) {
          const place = from + offset;
          const digit = Number(pattern[Math.floor(place / frame)]);
          assert.equal(sample, digit === 0 ? 0 : digit * 1000 + (place % 7));
        }
      }
      for (const { 0: run, index } of pattern.matchAll(/[1-9]+/g)) {
        if (run.length * frame < 0.12 * RATE) continue;
        for (let place = index; place < index + run.length; place++) assert.ok(inside.has(place), `frame ${place} of ${pattern}`);
      }
    }),
    { numRuns: 100, examples: [[[[0, 35], [1, 15]], { silence: 0.05, preRoll: 0.699_968_75, longest: 1 }, 320]] },
  );
});

test("what it holds does not grow with the recording", () => {
  const segmenter = new Segmenter({ ...usual, longest: 10 });
  let ahead = 0;
  let most = 0;
  for (let index = 0; index < 20_000; index++) {
    for (const event of segmenter.push(new Int16Array(FRAME).fill(index % 100), true)) {
      if (event.type === "begin") ahead = segmenter.position - event.from;
      if (event.type === "sound") ahead -= event.samples.length;
    }
    ahead += FRAME;
    most = Math.max(most, ahead);
  }
  assert.ok(most <= 4 * RATE, `${most / RATE} s were held`);
});
