import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RecordingClock } from "../../../../servers/stt/microphone/clock.ts";
import { Recordings } from "../../../../servers/stt/microphone/recordings.ts";
import { Tokens } from "../../../../servers/stt/microphone/tokens.ts";

function tokensOf(partials: readonly string[], text: string): string[] {
  const tokens = new Tokens();
  return [...partials.map((partial) => tokens.partial(partial)), tokens.end(text)].filter((token) => token !== null);
}

test("a word is sent once two guesses agree on it and on all before it, and the rest at the end", () => {
  assert.deepEqual(tokensOf(["the", "the bird", "the birch can", "the birch canoe slid"], "the birch canoe slid"), ["the", " birch", " canoe slid"]);
  assert.deepEqual(tokensOf([], "hello"), ["hello"]);
  assert.deepEqual(tokensOf(["hello", "hello"], ""), ["hello"]);
  assert.deepEqual(tokensOf([], ""), []);
});

test("together the tokens are the text, whatever was guessed, unless what was certain is not so in the end", () => {
  const words = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 8 });
  fc.assert(
    fc.property(fc.array(words, { maxLength: 8 }), words, (guesses, text) => {
      const partials = guesses.map((guess) => guess.join(" "));
      const said = tokensOf(partials, text.join(" ")).join("");
      const certain = tokensOf(partials, "").join("");
      if (text.join(" ").startsWith(certain)) assert.equal(said.split(" ").join(" "), text.join(" "));
    }),
  );
});

test("one utterance's tokens have nothing of the one before", () => {
  const tokens = new Tokens();
  tokens.partial("one two");
  tokens.partial("one two");
  assert.equal(tokens.end("one two three"), " three");
  assert.equal(tokens.partial("one"), null);
  assert.equal(tokens.end("one"), "one");
});

test("a recording began when its earliest sound says, however late the others came", () => {
  const clock = new RecordingClock();
  clock.arrived(0.1, 1000.15);
  clock.arrived(0.1, 1000.2);
  clock.arrived(0.1, 1000.9);
  assert.ok(Math.abs(clock.at(0.3) - 1000.3) < 1e-9);
});

test("a sound card whose clock is a thousandth too fast is followed for hours", () => {
  const clock = new RecordingClock();
  for (let at = 0; at < 7200; at += 0.1) clock.arrived(0.1001, 1000 + at + 0.1);
  assert.ok(Math.abs(clock.at(7200 * 1.001) - 8200) < 0.1, String(clock.at(7207.2)));
});

test("recordings of one source follow each other without a gap, however they are cut", async () => {
  const chunks = Array.from({ length: 50 }, (_, index) => Buffer.from([index]));
  const source = async function* (): AsyncGenerator<Buffer> {
    for (const chunk of chunks) {
      await new Promise(setImmediate);
      yield chunk;
    }
  };
  const recordings = new Recordings(source());
  const heard: number[][] = [];
  while (!recordings.ended) {
    const recording: number[] = [];
    for await (const chunk of recordings.open()) {
      recording.push(chunk[0]!);
      if (recording.length === 7) recordings.cut();
    }
    heard.push(recording);
  }
  assert.deepEqual(heard.flat(), chunks.map((chunk) => chunk[0]));
  assert.equal(heard.length, 8);
});

test("a recording that is cut while nothing comes ends at once, and what comes then is the next one's", async () => {
  let say: (chunk: Buffer) => void = () => undefined;
  const source = async function* (): AsyncGenerator<Buffer> {
    yield await new Promise<Buffer>((resolve) => (say = resolve));
  };
  const recordings = new Recordings(source());
  const first = recordings.open()[Symbol.asyncIterator]().next();
  recordings.cut();
  assert.deepEqual(await first, { value: undefined, done: true });
  const second = recordings.open()[Symbol.asyncIterator]();
  const next = second.next();
  say(Buffer.from("late"));
  assert.equal(String((await next).value), "late");
  assert.equal((await second.next()).done, true);
  assert.equal(recordings.ended, true);
});
