import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Frames } from "../../../../servers/stt/engine/frames.ts";
import { Segmenter } from "../../../../servers/stt/engine/segmenter.ts";
import type { VoiceDetector } from "../../../../servers/stt/engine/vad.ts";
import { EnergyDetector } from "../../../../servers/stt/engine/vad/energy.ts";
import { openDetectors } from "../../../../servers/stt/engine/vad/open.ts";
import { openWebrtcDetector } from "../../../../servers/stt/engine/vad/webrtc.ts";
import { joined, noise, RATE, say, silence, tone } from "../speech.ts";

let sentences: Int16Array[];
let makeWebrtc: () => VoiceDetector;
before(async () => {
  sentences = await say("The weather is very nice today.", "Please open the door for me.", "The children are playing in the park.");
  makeWebrtc = await openWebrtcDetector();
});

/** Where a recording's segments begin and end, in seconds. */
function segments(detector: VoiceDetector, recording: Int16Array): Array<[number, number]> {
  const segmenter = new Segmenter({ silence: 0.5, preRoll: 0.3, longest: 30 });
  const found: Array<[number, number]> = [];
  for (const frame of new Frames(detector.frame).push(recording)) {
    for (const event of segmenter.push(frame, detector.isSpeech(frame))) {
      if (event.type === "begin") found.push([event.speech / RATE, Number.NaN]);
      if (event.type === "end") found.at(-1)![1] = event.speech / RATE;
    }
  }
  return found;
}

function mixed(a: Int16Array, b: Int16Array): Int16Array {
  return a.map((sample, index) => Math.max(-32_768, Math.min(32_767, sample + b[index]!)));
}

const withPauses = (): Int16Array => joined(silence(1), ...sentences.flatMap((sentence) => [sentence, silence(1)]));

/** Power of the spoken parts, as an amplitude. */
const loudness = (samples: Int16Array): number => Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);

for (const name of ["webrtc", "energy"] as const) {
  const make = (): VoiceDetector => (name === "webrtc" ? makeWebrtc() : new EnergyDetector());

  describe(name, () => {
    test("finds each of three sentences, to a fifth of a second", () => {
      const found = segments(make(), withPauses());
      assert.equal(found.length, 3);
      let at = 1;
      for (const [index, [from, to]] of found.entries()) {
        const { length } = sentences[index]!;
        assert.ok(Math.abs(from - at) < 0.25 && Math.abs(to - at - length / RATE) < 0.35, `${from}–${to}, spoken ${at}–${at + length / RATE}`);
        at += length / RATE + 1;
      }
    });

    test("hears nothing in silence, in the noise of a room, and in a click", () => {
      assert.deepEqual(segments(make(), silence(10)), []);
      assert.deepEqual(segments(make(), joined(silence(2), tone(0.02, 1000, 20_000), silence(2))), [], "a click");
      assert.deepEqual(segments(make(), noise(10, 300)), [], "noise");
    });

    test("finds the sentences in noise 15 dB below them", () => {
      const recording = withPauses();
      const peak = loudness(sentences[0]!) * 10 ** (-15 / 20) * Math.sqrt(3);
      const found = segments(make(), mixed(recording, noise(recording.length / RATE + 1, peak)));
      assert.equal(found.length, 3, JSON.stringify(found));
    });

    test("has forgotten all about one recording when the next begins", () => {
      const detector = make();
      const first = segments(detector, withPauses());
      segments(detector, noise(5, 20_000));
      detector.reset();
      assert.deepEqual(segments(detector, withPauses()), first);
    });
  });
}

test("recordings side by side have detectors of their own, which are used again", async () => {
  const detectors = await openDetectors({ name: "webrtc" }, (_, message) => assert.fail(message));
  const [one, two] = [await detectors.take(), await detectors.take()];
  const recording = withPauses();
  const alone = segments(makeWebrtc(), recording);
  const frames = [...new Frames(one.frame).push(recording)];
  const heard = frames.map((frame) => {
    two.isSpeech(noise(0.03, 20_000).subarray(0, two.frame));
    return one.isSpeech(frame);
  });
  const segmenter = new Segmenter({ silence: 0.5, preRoll: 0.3, longest: 30 });
  const begun = frames.flatMap((frame, index) => segmenter.push(frame, heard[index]!)).filter(({ type }) => type === "begin");
  assert.equal(begun.length, alone.length);
  detectors.giveBack(one);
  assert.equal(await detectors.take(), one);
});
