import assert from "node:assert/strict";
import { test } from "node:test";
import type { Heard } from "../../../../servers/stt/engine/messages.ts";
import { cuesOf } from "../../../../servers/stt/transcript/cues.ts";
import { openWriter, type TranscriptFormat } from "../../../../servers/stt/transcript/formats.ts";

const said = (text: string, start: number, end: number): Heard => {
  const words = text.split(" ");
  const each = (end - start) / words.length;
  return { text, start, end, words: words.map((word, index) => ({ word, start: start + index * each, end: start + (index + 1) * each })) };
};
const two = [said("hello there", 0.5, 1.75), said("fish & <chips>", 3661.0004, 3662.9996)];

function written(format: TranscriptFormat, heard: readonly Heard[], words = false): string {
  const writer = openWriter(format, words);
  return [...heard.map((each) => writer.utterance(each)), writer.end(4000)].join("");
}

test("text is a line for each utterance", () => {
  assert.equal(written("text", two), "hello there\nfish & <chips>\n");
  assert.equal(written("text", []), "");
});

test("json is one document, with the words where they are wanted", () => {
  assert.equal(
    written("json", two),
    '{"utterances": [\n  {"start":0.5,"end":1.75,"text":"hello there"},\n  {"start":3661,"end":3663,"text":"fish & <chips>"}\n], "seconds": 4000}\n',
  );
  assert.deepEqual(JSON.parse(written("json", [])), { utterances: [], seconds: 4000 });
  assert.deepEqual(JSON.parse(written("json", [two[0]!], true)), {
    utterances: [{ start: 0.5, end: 1.75, text: "hello there", words: [{ word: "hello", start: 0.5, end: 1.125 }, { word: "there", start: 1.125, end: 1.75 }] }],
    seconds: 4000,
  });
});

test("srt numbers its subtitles and writes times with a comma", () => {
  assert.equal(written("srt", two), "1\n00:00:00,500 --> 00:00:01,750\nhello there\n\n2\n01:01:01,000 --> 01:01:03,000\nfish & <chips>\n\n");
  assert.equal(written("srt", []), "");
});

test("vtt has its header, also where nothing was said, and nothing that looks like markup", () => {
  assert.equal(written("vtt", two), "WEBVTT\n\n00:00:00.500 --> 00:00:01.750\nhello there\n\n01:01:01.000 --> 01:01:03.000\nfish &amp; &lt;chips&gt;\n\n");
  assert.equal(written("vtt", []), "WEBVTT\n\n");
});

test("a long utterance is shown in pieces that can be read, each when it is spoken", () => {
  const text = Array.from({ length: 40 }, (_, index) => `word${index}`).join(" ");
  const cues = cuesOf(said(text, 10, 30));
  assert.equal(cues.map((cue) => cue.text).join(" "), text);
  assert.ok(cues.length > 3);
  for (const [index, { start, end, text }] of cues.entries()) {
    assert.ok(text.length <= 74 && end - start <= 6, `${text.length} characters, ${end - start} s`);
    assert.ok(start >= (cues[index - 1]?.end ?? 10) - 1e-9);
  }
});

test("where no words' times are known an utterance stays in one piece", () => {
  assert.deepEqual(cuesOf({ text: "x".repeat(200), words: [], start: 1, end: 20 }), [{ text: "x".repeat(200), start: 1, end: 20 }]);
});
