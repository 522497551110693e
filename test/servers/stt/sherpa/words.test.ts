import assert from "node:assert/strict";
import { test } from "node:test";
import type { Result } from "../../../../servers/stt/sherpa/library.ts";
import { wordsOf } from "../../../../servers/stt/sherpa/words.ts";

const told = (result: Result, seconds = 10): string[] => wordsOf(result, seconds).map(({ word, start, end }) => `${word} ${round(start)}-${round(end)}`);
const round = (value: number): number => Math.round(value * 100) / 100;

test("pieces of words are joined at spaces, whether they are written as ▁ or as a space, and a word ends where the next begins", () => {
  assert.deepEqual(told({ text: "hello world", tokens: ["▁he", "llo", "▁wor", "ld"], timestamps: [0.1, 0.3, 0.5, 0.7] }), ["hello 0.1-0.5", "world 0.5-1.2"]);
  assert.deepEqual(told({ text: "hello world", tokens: [" he", "llo", " wor", "ld"], timestamps: [0.1, 0.3, 0.5, 0.7] }), ["hello 0.1-0.5", "world 0.5-1.2"]);
});

test("a token of its own for the space ends the word before it", () => {
  assert.deepEqual(told({ text: "a b", tokens: ["a", "▁", "b"], timestamps: [0.1, 0.2, 0.4] }), ["a 0.1-0.2", "b 0.4-0.9"]);
});

test("a pause belongs to no word, and where tokens say how long they last, that counts", () => {
  assert.deepEqual(told({ text: "one two", tokens: [" one", " two"], timestamps: [0, 5] }), ["one 0-0.5", "two 5-5.5"]);
  assert.deepEqual(told({ text: "one two", tokens: [" one", " two"], timestamps: [0, 5], durations: [0.24, 0.8] }), ["one 0-0.24", "two 5-5.8"]);
  assert.deepEqual(told({ text: "one two", tokens: [" one", " two"], timestamps: [0, 0.2], durations: [0.4, 0] }), ["one 0-0.2", "two 0.2-0.7"]);
});

test("no word reaches beyond what was heard", () => {
  assert.deepEqual(told({ text: "one two three", tokens: [" one", " two", " three"], timestamps: [0, 0.9, 1.3], durations: [0.2, 3, 1] }, 1), ["one 0-0.2", "two 0.9-1", "three 1-1"]);
});

test("marks belong to the word that they follow", () => {
  assert.deepEqual(told({ text: "Well, it's done.", tokens: [" Well", ",", " it", "'", "s", " done", "."], timestamps: [0, 0.3, 0.4, 0.5, 0.6, 0.8, 1.1] }), ["Well, 0-0.4", "it's 0.4-0.8", "done. 0.8-1.6"]);
});

test("in scripts without spaces each character is a word, also between words of another script", () => {
  assert.deepEqual(told({ text: "你好。hello 世界", tokens: ["你", "好", "。", "▁hel", "lo", "世", "界"], timestamps: [0, 0.2, 0.4, 0.5, 0.6, 0.8, 1] }), ["你 0-0.2", "好。 0.2-0.5", "hello 0.5-0.8", "世 0.8-1", "界 1-1.5"]);
  assert.deepEqual(told({ text: "世界", tokens: ["世界"], timestamps: [1], durations: [0.4] }), ["世 1-1.2", "界 1.2-1.4"]);
});

test("bytes of characters are put together by the text", () => {
  assert.deepEqual(told({ text: "naïve 语", tokens: ["▁na", "<0xC3>", "<0xAF>", "ve", "▁", "<0xE8>", "<0xAF>", "<0xAD>"], timestamps: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7] }), ["naïve 0-0.4", "语 0.5-1.2"]);
  assert.deepEqual(told({ text: "a 语 b", tokens: [" a", " \u{fffd}", "\u{fffd}", " b"], timestamps: [0, 0.2, 0.3, 0.5] }), ["a 0-0.2", "语 0.2-0.5", "b 0.5-1"]);
});

test("a text that the tokens do not make up has words at about their times, and none is lost", () => {
  assert.deepEqual(wordsOf({ text: "one two", tokens: ["ƣƥ", "ƞƌ"], timestamps: [0, 0.4] }, 1).map(({ word }) => word), ["one", "two"]);
});

test("without times there are no words", () => {
  assert.deepEqual(wordsOf({ text: "hello", tokens: ["hello"], timestamps: [] }, 1), []);
  assert.deepEqual(wordsOf({ text: "", tokens: [], timestamps: [] }, 1), []);
  assert.deepEqual(wordsOf({ text: "a b", tokens: ["a", "b"], timestamps: [0] }, 1), []);
});
