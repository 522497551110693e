import assert from "node:assert/strict";
import { test } from "node:test";
import type { Decoder, Transcript } from "../../../../servers/stt/engine/decoder.ts";
import { listen, type ListenOptions } from "../../../../servers/stt/engine/listening.ts";
import type { ListenPart } from "../../../../servers/stt/engine/messages.ts";
import { EnergyDetector } from "../../../../servers/stt/engine/vad/energy.ts";
import { joined, RATE, silence, tone } from "../speech.ts";

/** Understands how long it was spoken to. */
class Measuring implements Decoder {
  readonly longest: number;
  readonly log: string[] = [];
  fail: "accept" | "finish" | null = null;

  constructor(longest = 60) {
    this.longest = longest;
  }

  begin() {
    let samples = 0;
    this.log.push("begin");
    return {
      accept: (more: Int16Array) => {
        if (this.fail === "accept") throw new Error("deaf");
        samples += more.length;
        return `${Math.floor(samples / RATE)}`;
      },
      finish: (): Promise<Transcript> => {
        if (this.fail === "finish") return Promise.reject(new Error("at a loss"));
        this.log.push(`finish ${(samples / RATE).toFixed(2)}`);
        return Promise.resolve({ text: "said", words: [{ word: "said", start: 0.25, end: 0.5 }] });
      },
      drop: () => void this.log.push("drop"),
    };
  }
}

async function* chunksOf(samples: Int16Array, size: number): AsyncGenerator<Int16Array> {
  for (let at = 0; at < samples.length; at += size) yield samples.subarray(at, at + size);
}

function run(recording: Int16Array, more: Partial<ListenOptions> & { decoder: Decoder }, size = 1000): { parts: ListenPart[]; result: ReturnType<typeof listen> } {
  const parts: ListenPart[] = [];
  const result = listen(chunksOf(recording, size), {
    silence: 0.5, preRoll: 0.3, longest: 30, partial: false, total: null,
    detector: new EnergyDetector(),
    signal: new AbortController().signal,
    onPart: (part) => parts.push(part),
    ...more,
  });
  return { parts, result };
}

const twice = joined(silence(1.2), tone(1.5, 300, 8000), silence(1.2), tone(0.9, 500, 8000), silence(1.2));
const spoken = (parts: ListenPart[]): ListenPart[] => parts.filter(({ type }) => type !== "progress");

test("a recording becomes utterances whose times are the recording's", async () => {
  const decoder = new Measuring();
  const { parts, result } = run(twice, { decoder });
  assert.deepEqual(await result, { seconds: 6, utterances: 2 });
  assert.deepEqual(spoken(parts).map(({ type }) => type), ["speech_start", "utterance", "speech_start", "utterance"]);
  for (const [index, [start, end]] of ([[1.2, 2.7], [3.9, 4.8]] as const).entries()) {
    const utterance = spoken(parts)[2 * index + 1] as ListenPart & { type: "utterance" };
    assert.ok(Math.abs(utterance.start - start) < 0.05 && Math.abs(utterance.end - end) < 0.05, `${utterance.start}–${utterance.end}`);
    assert.ok(Math.abs(utterance.words[0]!.start - (utterance.start - 0.3 + 0.25)) < 1e-9, "a word's time counts from the pre-roll");
  }
  assert.deepEqual(decoder.log, ["begin", "finish 2.31", "begin", "finish 1.71"], "0.3 s before, 0.5 s after");
});

test("what comes out does not depend on how the sound is cut in pieces", async () => {
  const outcomes = [];
  for (const size of [7, 480, 1000, 96_000]) {
    const { parts, result } = run(twice, { decoder: new Measuring() }, size);
    await result;
    outcomes.push(spoken(parts));
  }
  for (const outcome of outcomes) assert.deepEqual(outcome, outcomes[0]);
});

test("who wants to is told what is understood so far", async () => {
  const { parts, result } = run(twice, { decoder: new Measuring(), partial: true });
  await result;
  const partials = parts.flatMap((part) => (part.type === "partial" ? [part.text] : []));
  assert.equal(partials[0], "0");
  assert.ok(partials.includes("2"));
});

test("an utterance is no longer than the decoder takes", async () => {
  const decoder = new Measuring(2);
  const talk = joined(silence(0.5), ...Array.from({ length: 20 }, (_, index) => tone(0.25, 200 + 40 * index, 4000 + 300 * (index % 5))), silence(1));
  const { result } = run(talk, { decoder, detector: { name: "energy", frame: 480, isSpeech: (samples) => samples.some((sample) => sample !== 0), reset: () => undefined } });
  await result;
  const lengths = decoder.log.flatMap((line) => (line.startsWith("finish") ? [Number(line.slice(7))] : []));
  assert.ok(lengths.length >= 3 && lengths.every((length) => length <= 2), JSON.stringify(lengths));
});

test("an empty recording and a silent one have no utterances", async () => {
  for (const seconds of [0, 0.01, 3]) {
    const { parts, result } = run(silence(seconds), { decoder: new Measuring() });
    assert.deepEqual(await result, { seconds, utterances: 0 });
    assert.deepEqual(spoken(parts), []);
  }
});

test("what is cancelled in the middle of an utterance lets go of it", async () => {
  const cancel = new AbortController();
  const decoder = new Measuring();
  const { result } = run(twice, { decoder, signal: cancel.signal, onPart: ({ type }) => type === "speech_start" && cancel.abort(new Error("enough")) });
  await assert.rejects(result, /enough/);
  assert.deepEqual(decoder.log, ["begin", "drop"]);
});

for (const fail of ["accept", "finish"] as const) {
  test(`a decoder that fails in ${fail} fails the recording, and is let go of`, async () => {
    const decoder = new Measuring();
    decoder.fail = fail;
    const { result } = run(twice, { decoder });
    await assert.rejects(result, /deaf|at a loss/);
    assert.deepEqual(decoder.log, ["begin", "drop"]);
  });
}

test("two recordings take turns", async () => {
  const order: string[] = [];
  const talk = (name: string): Promise<unknown> =>
    run(twice, { decoder: new Measuring(), partial: true, onPart: ({ type }) => type === "partial" && order.at(-1) !== name && order.push(name) }).result;
  await Promise.all([talk("one"), talk("two")]);
  assert.ok(order.length > 10, order.join(" "));
});
