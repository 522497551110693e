import assert from "node:assert/strict";
import { test } from "node:test";
import { Chunks } from "../../../../../servers/vector/embedders/llama/chunks.ts";

/** How a list of texts of one length is cut when each character takes so long, in ms; the time of each piece. */
function timesOf(chunks: Chunks, length: number, perCharacter: number): number[] {
  const texts = Array.from({ length: 500 }, () => "x".repeat(length));
  const times: number[] = [];
  for (let from = 0; from < texts.length; ) {
    const end = chunks.end(texts, from);
    assert.ok(end > from && end <= texts.length);
    times.push((end - from) * length * perCharacter);
    chunks.learn(texts.slice(from, end), times.at(-1)!);
    from = end;
  }
  return times;
}

test("A list of texts goes to the engine in pieces of about a tenth of a second, whatever the model", () => {
  for (const perCharacter of [0.005, 0.02, 0.1]) {
    const later = timesOf(new Chunks(), 300, perCharacter).slice(8, -1);
    assert.ok(later.every((time) => time > 50 && time <= 110), `${perCharacter} ms a character: ${later.map(Math.round).join(" ")}`);
  }
});

test("A piece has one text at least, however long it takes", () => {
  assert.equal(timesOf(new Chunks(), 5000, 1).length, 500);
});

test("A short question does not make the pieces of a list smaller", () => {
  const chunks = new Chunks();
  timesOf(chunks, 300, 0.005);
  const texts = Array.from({ length: 200 }, () => "x".repeat(300));
  const before = chunks.end(texts, 0);
  chunks.learn(["who?"], 5);
  assert.equal(chunks.end(texts, 0), before);
});
