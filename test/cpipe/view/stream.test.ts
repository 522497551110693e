import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Piece } from "../../../cpipe/view/forms.ts";
import { StreamParser } from "../../../cpipe/view/stream.ts";

/** The pieces of a whole stream, those of a kind that follow each other put together. */
function read(...chunks: ReadonlyArray<string | Uint8Array>): Piece[] {
  const parser = new StreamParser();
  return merged([...chunks.flatMap((chunk) => parser.push(Buffer.from(chunk as string))), ...parser.end()]);
}

function merged(pieces: readonly Piece[]): Piece[] {
  const out: Piece[] = [];
  for (const piece of pieces) {
    const last = out.at(-1);
    if (last !== undefined && "text" in piece && "text" in last && last.kind === piece.kind && ("part" in last ? last.part : 0) === ("part" in piece ? piece.part : 0)) out[out.length - 1] = { ...last, text: last.text + piece.text };
    else out.push(piece);
  }
  return out;
}

const answer = (text: string, part = 0): Piece => ({ kind: "answer", text, part });
const over: Piece = { kind: "end", part: null };
const done: Piece = { kind: "end", part: 0 };
const lines = (...values: unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join("");
const events = (...values: unknown[]): string => values.map((value) => `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`).join("");
const delta = (delta: object, index = 0, finish_reason: string | null = null): object => ({ object: "chat.completion.chunk", choices: [{ index, delta, finish_reason }] });

const ollamaChat = lines(
  { model: "phi4:latest", created_at: "2025-02-15T04:15:47.51450141Z", message: { role: "assistant", content: "Hello" }, done: false },
  { model: "phi4:latest", message: { role: "assistant", content: " wörld 👩‍👩‍👧" }, done: false },
  { model: "phi4:latest", message: { role: "assistant", content: "" }, done_reason: "stop", done: true, total_duration: 21531784605 },
);
const openai = `: OPENROUTER PROCESSING\n\n${events(delta({ role: "assistant", content: "" }), delta({ content: "One " }), delta({ content: "two" }), delta({}, 0, "stop"), { choices: [], usage: { total_tokens: 3 } }, "[DONE]")}`;

const forms: Readonly<Record<string, readonly [stream: string, pieces: readonly Piece[]]>> = {
  "Ollama's chat lines": [ollamaChat, [answer("Hello wörld 👩‍👩‍👧"), done, over]],
  "Ollama's chat lines with thoughts and a call of a tool": [
    lines({ message: { content: "", thinking: "Hm" }, done: false }, { message: { content: "Yes" }, done: false }, { message: { content: "", tool_calls: [{ function: { name: "add", arguments: { a: 1 } } }] }, done: true }),
    [{ kind: "reasoning", text: "Hm", part: 0 }, answer("Yes"), { kind: "note", text: '\ncalls add {"a":1}', part: 0 }, done, over],
  ],
  "Ollama's generate lines": [lines({ response: "The", done: false }, { response: " sky", done: false }, { response: "", done: true, context: [1, 2] }), [answer("The sky"), done, over]],
  "Ollama's answer without a stream": [lines({ message: { role: "assistant", content: "All of it" }, done: true }), [answer("All of it"), done, over]],
  "an error of Ollama's, with no line feed": ['{"error":"model \'x\' not found"}', [{ kind: "error", text: "model 'x' not found" }, over, over]],
  "a stream that ends in an error": [lines({ response: "The", done: false }, { error: "out of memory" }), [answer("The"), { kind: "error", text: "out of memory" }, over, over]],
  "our token events": [lines({ event: "queued", position: 1 }, { event: "token", text: "Hel", done: false, result: "Hel" }, { event: "token", text: "lo", done: false }, { event: "token", text: "", done: true, tokens: 2 }), [answer("Hello"), done, over]],
  "our reply that came all at once": [lines({ event: "reply", text: "Hello", done: true }), [answer("Hello"), done, over]],
  "our final event that repeats the text": [lines({ event: "token", text: "Hel", done: false }, { event: "reply", text: "Hello", done: true }), [answer("Hel"), done, over]],
  "the older dialect": [lines({ result: "Hel", done: false }, { result: "lo", done: false }, { result: "", done: true }), [answer("Hello"), done, over]],
  "an answer of the older dialect that is no stream": [lines({ result: "pong" }), [answer("pong"), done, over]],
  "errors of both dialects": [
    lines({ event: "error", code: "busy", message: "busy" }, { error: "gone", result: "error: gone", done: true }),
    [{ kind: "error", text: "busy" }, over, { kind: "error", text: "gone" }, over, over],
  ],
  "OpenAI's chunks": [openai, [answer("One two"), done, over, over]],
  "OpenAI's chunks with lines that end in CR LF": [openai.replaceAll("\n", "\r\n"), [answer("One two"), done, over, over]],
  "OpenAI's chunks with reasoning": [
    events(delta({ reasoning_content: "Let me " }), delta({ reasoning: "see" }), delta({ content: "42" }), "[DONE]"),
    [{ kind: "reasoning", text: "Let me see", part: 0 }, answer("42"), over, over],
  ],
  "two choices of OpenAI's at once": [events(delta({ content: "a" }, 0), delta({ content: "b" }, 1), delta({ content: "c" }, 0)), [answer("a"), answer("b", 1), answer("c"), over]],
  "an error among OpenAI's events": [events(delta({ content: "a" }), { error: { message: "rate limit", code: 429 } }), [answer("a"), { kind: "error", text: "rate limit" }, over, over]],
  "events with names and ids": [`event: chunk\nid: 7\n${events(delta({ content: "a" }))}`, [answer("a"), over]],
  "plain text": ["One\n\nTwo {x}\nThree", [answer("One\n\nTwo {x}\nThree"), over]],
  "plain text that looks like JSON, or like events": ['{\n  "a": 1\n}\n{"a": 1}\ndata: none\nevent: party\nid: 5\n: note\n', [answer('{\n  "a": 1\n}\n{"a": 1}\ndata: none\nevent: party\nid: 5\n: note\n'), over]],
  "text after lines of JSON": [lines({ response: "Hi", done: false }) + "plain\n", [answer("Hi\nplain\n"), over]],
  "two answers in one stream": [lines({ response: "A", done: true }, { response: "B", done: true }), [answer("A"), done, answer("B"), done, over]],
  "nothing": ["", [over]],
};

for (const [name, [stream, pieces]] of Object.entries(forms)) {
  test(`it reads ${name}`, () => assert.deepEqual(read(stream), pieces));
}

test("where a stream is cut makes no difference to what is read", () => {
  const parts = fc.array(fc.oneof(fc.constantFrom(...Object.values(forms).map(([stream]) => stream)), fc.string({ unit: "grapheme" }), fc.constantFrom("\n", "\r\n", "\r", "{", "data: ", "event: x\n", "\ufeff")), { maxLength: 6 });
  fc.assert(
    fc.property(parts, fc.array(fc.nat({ max: 400 })), (streams, cuts) => {
      const bytes = Buffer.from(streams.join(""));
      const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
      assert.deepEqual(read(...at.slice(1).map((end, index) => bytes.subarray(at[index], end))), read(bytes));
    }),
    { numRuns: 1000 },
  );
});

test("cut after every byte, every form is still read", () => {
  for (const [stream, pieces] of Object.values(forms)) assert.deepEqual(read(...[...Buffer.from(stream)].map((byte) => Uint8Array.of(byte))), pieces);
});

test("plain text is there before its line has ended, JSON when its line has", () => {
  const parser = new StreamParser();
  assert.deepEqual(parser.push(Buffer.from("Hel")), [answer("Hel")]);
  assert.deepEqual(parser.push(Buffer.from('lo\n{"response": "wor')), [answer("lo\n")]);
  assert.deepEqual(parser.push(Buffer.from('ld", "done": false}\n')), [answer("world")]);
});

test("a line of JSON that never ends is shown as it is, and no memory is kept for it", () => {
  const chunk = "x".repeat(1024 * 1024);
  const parser = new StreamParser();
  let shown = 0;
  for (let at = 0; at < 20; at++) shown += parser.push(Buffer.from(at === 0 ? `{${chunk}` : chunk)).reduce((sum, piece) => sum + ("text" in piece ? piece.text.length : 0), 0);
  assert.equal(shown, 20 * chunk.length + 1);
});
