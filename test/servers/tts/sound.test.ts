import assert from "node:assert/strict";
import { test } from "node:test";
import { SentenceQueue } from "../../../servers/tts/sentences.ts";
import { sound } from "../../../servers/tts/sound.ts";
import type { Speaker } from "../../../servers/tts/speech.ts";

const waiter = (signal: AbortSignal = new AbortController().signal) => ({ signal, queued: () => undefined, progress: () => undefined });
const pcmOf = (text: string): Buffer => Buffer.from(text.padEnd(2));

/** An engine that says texts as their letters, and remembers which it was asked for. */
function letters(fails: (text: string) => Error | null = () => null): { readonly asked: string[]; speaker(text: string): Promise<Speaker> } {
  const asked: string[] = [];
  return {
    asked,
    speaker: (text) =>
      Promise.resolve({
        rate: 8000,
        speak: ({ onPcm, signal }) => {
          asked.push(text);
          const error = signal?.aborted === true ? (signal.reason as Error) : fails(text);
          if (error !== null) return Promise.reject(error);
          onPcm(pcmOf(text));
          return Promise.resolve();
        },
      }),
  };
}
const queueOf = (...texts: string[]): SentenceQueue => SentenceQueue.of(texts.map((text) => ({ text, manner: {} })));

test("Sentences come in order, each with its end, and only the next one is made ahead", async () => {
  const engine = letters();
  const pieces = sound(queueOf("a", "b", "c", "d", "e"), engine, waiter());
  const told: string[] = [];
  for await (const piece of pieces) {
    told.push("pcm" in piece ? piece.pcm.toString().trim() : `end of ${piece.ended.text}`);
    await new Promise(setImmediate);
    const heard = told.filter((text) => text.length === 1).length;
    assert.ok(engine.asked.length <= heard + 1, `${engine.asked.length} were made when ${heard} had been taken`);
  }
  assert.deepEqual(told, ["a", "end of a", "b", "end of b", "c", "end of c", "d", "end of d", "e", "end of e"]);
});

test("A sentence that cannot be said ends with its error, and the next one comes", async () => {
  const error = new Error("no");
  const told: unknown[] = [];
  for await (const piece of sound(queueOf("a", "b"), letters((text) => (text === "a" ? error : null)), waiter())) told.push("pcm" in piece ? piece.pcm.toString() : piece.error);
  assert.deepEqual(told, [error, "b ", undefined]);
});

test("Whoever leaves ends what is being made", async () => {
  let signal: AbortSignal | undefined;
  const never = { speaker: () => Promise.resolve<Speaker>({ rate: 8000, speak: (calls) => ((signal = calls.signal), calls.onPcm(pcmOf("x")), new Promise(() => undefined)) }) };
  for await (const _ of sound(queueOf("a"), never, waiter())) break;
  assert.equal(signal?.aborted, true);
});

test("A queue is idle when all that came was taken and more is awaited", async () => {
  const queue = new SentenceQueue();
  assert.equal(queue.idle, false);
  const next = queue.next();
  assert.equal(queue.idle, true);
  queue.push({ text: "a", manner: {} });
  assert.equal(queue.idle, false);
  assert.equal((await next).value?.text, "a");
  assert.deepEqual([queue.taken, queue.length, queue.idle], [1, 0, false]);
  queue.push({ text: "b", manner: {} });
  queue.drop();
  assert.equal((await queue.next()).done, true);
});
