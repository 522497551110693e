import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { align } from "../../../../servers/chat/engine/align.ts";

/** Tokens are their texts here; one in angle brackets is a control token, and `?` is part of a character. */
const pieces = { piece: (token: string): string | null => (/^<.*>$|\?/.test(token) ? null : token) };
const aligned = (held: string, prompt: string): string => align(held.split("|"), prompt.split("|"), pieces).tokens.join("|");

describe("a prompt that says what a context holds", () => {
  test("is made of the tokens that are there, as far as they say the same, and goes on in its own", () => {
    assert.equal(aligned("<u>|hi|<m>|{|\"a|\":|1|}", '<u>|hi|<m>|{"|a|":|1}|<e>|<u>|x'), '<u>|hi|<m>|{|"a|":|1|}|<e>|<u>|x');
    assert.equal(aligned("a|b|c", "a|b|c|d"), "a|b|c|d");
    assert.equal(aligned("un|believ|able", "unbe|lievable|!"), "un|believ|able|!");
  });

  test("takes its own tokens where the text parts, or one of them reaches beyond what is held", () => {
    assert.equal(aligned("a|bc|d", "a|b|c|e"), "a|bc|e");
    assert.equal(aligned("a|b", "a|bc|d"), "a|bc|d");
    assert.equal(aligned("a|bc", "a|b"), "a|b");
    assert.equal(aligned("x|y", "a|b"), "a|b");
    assert.deepEqual(align([], ["a"], pieces), { tokens: ["a"], shared: 0 });
    assert.deepEqual(align(["un", "x"], ["u", "n", "y"], pieces), { tokens: ["un", "y"], shared: 1 });
  });

  test("never takes text for a control token, nor half a character for another", () => {
    assert.equal(aligned("a|<u>|b", "a|<|u|>|b"), "a|<|u|>|b");
    assert.equal(aligned("a|<|u>|b", "a|<u>|b"), "a|<u>|b");
    assert.equal(aligned("a|1?|2?", "a|3?|4?"), "a|3?|4?");
  });
});
