import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { EventStream } from "../../../engines/endpoint/event-stream.ts";

const read = (...pieces: string[]): string[] => {
  const stream = new EventStream();
  return [...pieces.flatMap((piece) => stream.push(piece)), ...stream.end()].map(({ event, data }) => (event === "message" ? data : `${event}=${data}`));
};

describe("server-sent events", () => {
  for (const [title, text, expected] of [
    ["end by a blank line", "data: a\n\ndata: b\n\n", ["a", "b"]],
    ["have lines that end by CR LF, or CR alone", "data: a\r\n\r\ndata: b\r\rdata: c\n\n", ["a", "b", "c"]],
    ["have data of several lines", "data: {\ndata:  1}\ndata\n\n", ["{\n 1}\n"]],
    ["need no space behind the colon, and lose only one", "data:a\n\ndata:  b\n\n", ["a", " b"]],
    ["have comments between them, and in them", ": ping\n\n:\ndata: a\n: b\n\n", ["a"]],
    ["have names", "event: error\ndata: {}\n\ndata: a\n\n", ["error={}", "a"]],
    ["have fields that nobody needs here", "id: 7\nretry: 10\ndata: a\nfoo: bar\n\n", ["a"]],
    ["may begin with a byte order mark", "\uFEFFdata: a\n\n", ["a"]],
    ["may lack the last blank line, or the last line end", "data: a\n\ndata: [DONE]", ["a", "[DONE]"]],
    ["are none without data", "event: x\n\n\n\n", []],
  ] as const) {
    test(title, () => assert.deepEqual(read(text), expected));
    test(`${title}, also when they come in single characters`, () => assert.deepEqual(read(...text.split("")), expected));
  }

  test("are the same wherever they are cut", () => {
    const line = fc.constantFrom("data: a", "data: b:c", "data:", ": x", "event: e", "", "", "id: 1");
    const end = fc.constantFrom("\n", "\r\n", "\r");
    fc.assert(
      fc.property(fc.array(fc.tuple(line, end)), fc.array(fc.nat(200)), (lines, cuts) => {
        const text = lines.flat().join("");
        const places = [...new Set([0, ...cuts.map((cut) => Math.min(cut, text.length)), text.length])].sort((a, b) => a - b);
        const pieces = places.slice(1).map((place, at) => text.slice(places[at], place));
        assert.deepEqual(read(...pieces), read(text));
      }),
    );
  });
});
