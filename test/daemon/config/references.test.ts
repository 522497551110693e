import assert from "node:assert/strict";
import { test } from "node:test";
import { complaints, valid } from "./sample.ts";

test("A tool that needs one that there is not is refused, where the name stands, with what was meant", () => {
  assert.deepEqual(complaints("tools:\n  vector: {server: echo}\n  chat: {server: chat, needs: [vecter]}\n"), [
    '3:32: there is no tool "vecter" for tools.chat.needs; expected vector; did you mean "vector"?'.replace("expected vector; ", ""),
  ]);
  assert.deepEqual(complaints("tools:\n  a: {server: echo}\n  b: {server: echo}\n  c:\n    server: echo\n    after:\n      - a\n      - nothing\n"), [
    '8:9: there is no tool "nothing" for tools.c.after; expected a or b',
  ]);
});

test("A circle is refused with its whole path", () => {
  assert.deepEqual(complaints("tools:\n  chat: {server: chat, needs: [vector]}\n  vector: {server: echo, after: [chat]}\n"), [
    "2:32: chat needs vector, which is started after chat: none of them could be the first to start; take one of these out",
  ]);
  assert.deepEqual(complaints("tools:\n  a: {server: echo, needs: [a]}\n"), ["2:29: a needs a: none of them could be the first to start; take one of these out"]);
});

test("Names that are no names are told once, as what they are", () => {
  assert.deepEqual(complaints("tools:\n  a: {server: echo, needs: [1]}\n"), ["2:29: tools.a.needs[0] cannot be 1; expected text"]);
  assert.deepEqual(complaints("tools:\n  a: {server: echo, needs: b}\n").length, 1);
});

test("Names may come from variables, and lists from aliases", () => {
  const { tools } = valid("tools:\n  word: {server: echo}\n  a: {server: echo, needs: &list ['${WORD}']}\n  b: {server: echo, needs: *list}\n");
  assert.deepEqual(tools.get("b")?.needs, ["word"]);
  assert.match(complaints("tools:\n  a: {server: echo, needs: &list [gone]}\n  b: {server: echo, needs: *list}\n").join("\n"), /^2:.*\n2:/);
});
