import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ChatMessage } from "../../../servers/chat/engine/messages.ts";
import { trimmed } from "../../../servers/chat/trim.ts";

const weigh = ({ content }: ChatMessage): number => content.length;
const sum = (messages: readonly ChatMessage[]): number => messages.reduce((total, message) => total + weigh(message), 0);
const trim = (messages: readonly ChatMessage[], limit: number, step: number) => trimmed(messages, { weigh, limit, step, fits: (rest) => sum(rest) <= limit });
/** Turns of a question and an answer of ten characters each, and a question. */
const talk = (turns: number): ChatMessage[] => [
  { role: "system", content: "sys" },
  ...Array.from({ length: turns }, (_, n): ChatMessage[] => [{ role: "user", content: `question ${n % 10}` }, { role: "assistant", content: `an answer ${n % 10}`.slice(0, 10) }]).flat(),
  { role: "user", content: "and now?" },
];

describe("a conversation that is too long", () => {
  test("loses its oldest turns as a whole, and neither what the system says nor the last question", () => {
    const rest = trim(talk(10), 100, 20)!;
    assert.equal(rest[0]?.role, "system");
    assert.equal(rest[1]?.role, "user");
    assert.equal(rest.at(-1)?.content, "and now?");
    assert.ok(sum(rest) <= 100 && sum(rest) > 60, String(sum(rest)));
    assert.deepEqual(rest.slice(1), talk(10).slice(-(rest.length - 1)));
  });

  test("begins with the same turn for several turns, so that the context can be used again", () => {
    const starts = Array.from({ length: 20 }, (_, n) => trim(talk(10 + n), 100, 50)!).map((rest, n) => talk(10 + n).length - rest.length);
    assert.ok(new Set(starts).size <= 10, JSON.stringify(starts));
    assert.deepEqual(starts, starts.toSorted((a, b) => a - b));
  });

  test("loses a turn with its calls and what came of them", () => {
    const messages: ChatMessage[] = [
      { role: "user", content: "find it, please" },
      { role: "assistant", content: "", function_calls: [{ id: "1", name: "f", arguments: {} }] },
      { role: "tool", id: "1", content: "a long result of fifty characters and some more" },
      { role: "assistant", content: "there" },
      { role: "user", content: "thanks" },
    ];
    assert.deepEqual(trim(messages, 30, 5), messages.slice(4));
  });

  test("is given up when the last question alone is too long, or there is none", () => {
    assert.equal(trim(talk(5), 10, 5), null);
    assert.equal(trim([{ role: "system", content: "x".repeat(20) }], 10, 5), null);
    assert.equal(trim([{ role: "user", content: "x".repeat(20) }], 10, 5), null);
  });
});
