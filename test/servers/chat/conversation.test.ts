import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { orderly } from "../../../servers/chat/conversation.ts";
import type { ChatMessage, FunctionCall } from "../../../servers/chat/engine/messages.ts";

const user = (content: string): ChatMessage => ({ role: "user", content });
const calls = (...function_calls: FunctionCall[]): ChatMessage => ({ role: "assistant", content: "", function_calls });
const result = (content: string, id?: string): ChatMessage => ({ role: "tool", content, ...(id === undefined ? {} : { id }) });
const call = (name: string, id?: string): FunctionCall => ({ name, arguments: {}, ...(id === undefined ? {} : { id }) });

describe("a conversation", () => {
  test("stays as it is where everything has been said", () => {
    const messages = [{ role: "system", content: "s" } as const, user("a"), calls(call("f", "1"), call("g", "2")), result("two", "2"), result("one", "1"), { role: "assistant", content: "so" } as const];
    assert.deepEqual(orderly(messages), messages);
  });

  test("gets the ids that its order says", () => {
    const [, made, first, second, again, third] = orderly([user("a"), calls(call("f"), call("g", "call_1")), result("one"), result("two"), calls(call("h")), result("three")]);
    assert.deepEqual(made?.function_calls?.map(({ id }) => id), ["call_2", "call_1"]);
    assert.deepEqual([first?.id, second?.id], ["call_2", "call_1"]);
    assert.deepEqual([again?.function_calls?.[0]?.id, third?.id], ["call_3", "call_3"]);
  });

  for (const [what, messages, path] of [
    ["a result without a call", [user("a"), result("x")], "$.messages[1]"],
    ["a result of another call", [user("a"), calls(call("f", "1")), result("x", "2")], "$.messages[2].id"],
    ["a second result of one call", [user("a"), calls(call("f", "1")), result("x", "1"), result("y", "1")], "$.messages[3].id"],
    ["something else where a result is missing", [user("a"), calls(call("f"), call("g")), result("x"), user("b")], "$.messages[3].role"],
    ["the end where a result is missing", [user("a"), calls(call("f"))], "$.messages[2]"],
    ["two calls of one id", [user("a"), calls(call("f", "1"), call("g", "1")), result("x"), result("y")], "$.messages[1].function_calls[1].id"],
  ] as const) {
    test(`is refused for ${what}, with the place`, () => {
      assert.throws(() => orderly(messages), { code: "invalid-request", message: new RegExp(`^invalid request: ${path.replaceAll(/[$[\].]/g, String.raw`\$&`)}: expected `) });
    });
  }
});
