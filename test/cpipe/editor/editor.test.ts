import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Around, edit, type Editor, emptyEditor, insert, replaceAll, type Wish } from "../../../cpipe/editor/editor.ts";
import type { Key } from "../../../cpipe/terminal/keys.ts";

const around: Around = { history: [], columns: 78 };

/** `left`, `ctrl-k` …; anything in single quotes is typed. */
function keysOf(line: string): Key[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/gs)].flatMap(([, typed, id = ""]) => (typed === undefined ? [{ id, text: "" }] : Array.from(typed).map((text) => ({ id: text === " " ? "space" : text, text }))));
}

function press(line: string, editor: Editor = emptyEditor, on: Around = around): { editor: Editor; wish: Wish } {
  return keysOf(line).reduce<{ editor: Editor; wish: Wish }>((state, key) => edit(state.editor, key, on), { editor, wish: null });
}

/** The text with a bar where the cursor is. */
const seen = ({ text, cursor }: Editor): string => `${text.slice(0, cursor)}|${text.slice(cursor)}`;
const after = (line: string, on: Around = around): string => seen(press(line, emptyEditor, on).editor);

const cases: ReadonlyArray<readonly [keys: string, seen: string]> = [
  ["'hello'", "hello|"],
  ["'hello' left left", "hel|lo"],
  ["'hello' ctrl-b ctrl-b ctrl-f", "hell|o"],
  ["'hello' ctrl-a 'x'", "x|hello"],
  ["'hello' home right end 'x'", "hellox|"],
  ["'one two three' alt-b", "one two |three"],
  ["'one two, three' alt-b alt-b", "one |two, three"],
  ["'one two' ctrl-left ctrl-left ctrl-right", "one| two"],
  ["'one two' ctrl-a alt-f alt-f alt-f", "one two|"],
  ["'one two' backspace backspace", "one t|"],
  ["'one two' ctrl-a delete ctrl-d", "|e two"],
  ["'a/b c' ctrl-w", "a/b |"],
  ["'a/b' alt-backspace", "a/|"],
  ["'one two three' ctrl-w ctrl-w ctrl-y", "one two three|"],
  ["'one two three' ctrl-w left ctrl-w ctrl-y ctrl-y", "one twotwo| "],
  ["'one two' ctrl-a alt-d", "| two"],
  ["'one two' ctrl-a alt-d alt-d ctrl-y", "one two|"],
  ["'one' ctrl-u 'two' ctrl-y", "twoone|"],
  ["'one two' alt-b ctrl-k", "one |"],
  ["'one' ctrl-j 'two' up ctrl-k", "one|two"],
  ["'one' ctrl-j 'two' ctrl-u", "one\n|"],
  ["'one' alt-enter 'two' ctrl-a", "one\n|two"],
  ["'ab' ctrl-t", "ba|"],
  ["'abc' left left ctrl-t", "ba|c"],
  ["'one' ctrl-t ctrl-_ ctrl-_", "|"],
  ["'one two' ctrl-_", "one|"],
  ["'one two' ctrl-_ ctrl-_", "|"],
  ["'one' ctrl-u ctrl-_", "one|"],
  ["'one' ctrl-_ ctrl-_", "|"],
  ["'one\\' enter 'two'", "one\ntwo|"],
  ["'abcd' ctrl-j 'ab' ctrl-j 'abcd' up up", "abcd|\nab\nabcd"],
  ["'abcd' ctrl-j 'ab' left up down down", "abcd\na|b"],
  ["'ab' ctrl-j 'cd' alt-<", "|ab\ncd"],
  ["'ab' ctrl-j 'cd' alt-< alt->", "ab\ncd|"],
  ["'x' escape f5 page-up insert", "x|"],
  ["'e\u0301a' left left", "|e\u0301a"],
  ["'e\u0301' backspace", "|"],
  ["'\u{1f469}\u200d\u{1f467}x' left left", "|\u{1f469}\u200d\u{1f467}x"],
  ["'x\u{1f469}\u200d\u{1f467}' backspace", "x|"],
  ["'\u{1f469}x\u{1f467}' left backspace", "\u{1f469}|\u{1f467}"],
  ["'日本' left delete", "日|"],
];

test("keys do what they do in a shell", () => {
  for (const [keys, expected] of cases) assert.equal(after(keys), expected, keys);
});

test("what cannot be done changes nothing", () => {
  for (const key of ["left", "right", "up", "down", "backspace", "delete", "ctrl-w", "alt-d", "ctrl-u", "ctrl-k", "ctrl-y", "ctrl-t", "ctrl-_", "alt-b", "alt-f"]) assert.equal(after(key), "|", key);
});

test("keys that are about more than the text ask for it", () => {
  const wishes: ReadonlyArray<readonly [string, Wish]> = [["'x' enter", "send"], ["enter", "send"], ["ctrl-d", "leave"], ["'x' ctrl-d", null], ["ctrl-c", "interrupt"], ["tab", "complete"], ["ctrl-l", "clear-screen"], ["ctrl-z", "suspend"], ["'x\\' left enter", "send"]];
  for (const [keys, wish] of wishes) assert.equal(press(keys).wish, wish, keys);
});

test("a paste keeps its line feeds and loses what a terminal would obey", () => {
  const { editor } = edit(press("'ab' left").editor, { id: "paste", text: "one\n\ttwo\x1b[2J\u202e" }, around);
  assert.equal(seen(editor), "aone\n\ttwo[2J|b");
  assert.equal(seen(press("ctrl-_", editor).editor), "a|b");
});

test("up and down go through wrapped rows, keep to their column, and then through the history", () => {
  const on: Around = { history: ["first", "second\nline"], columns: 4 };
  assert.equal(after("'abcdefgh' up", on), "abcd|efgh");
  assert.equal(after("'abcdefghij' up up", on), "ab|cdefghij");
  assert.equal(after("'abcdefghij' up up up", { ...on, columns: 40 }), "first|");
  assert.equal(after("'dra' up", on), "second\nline|");
  assert.equal(after("'dra' left up up up up up up", on), "f|irst");
  assert.equal(after("'dra' left up up up up up up down down down down down", on), "dr|a", "what was being written comes back as it was");
  assert.equal(after("up up up up up up up up up down", { history: ["one", "two"], columns: 40 }), "two|");
  assert.equal(after("up 'x' down", { history: ["one"], columns: 40 }), "|");
});

test("Ctrl-R finds what was sent before", () => {
  const on: Around = { history: ["Make a list", "what time is it", "make it so"], columns: 40 };
  assert.equal(after("ctrl-r 'make'", on), "|make it so");
  assert.equal(after("ctrl-r 'make' ctrl-r", on), "|Make a list");
  assert.equal(after("ctrl-r 'Make'", on), "|Make a list", "capitals matter when there are some");
  assert.equal(after("ctrl-r 'it'", on), "make |it so");
  assert.equal(after("ctrl-r 'time' right 'x'", on), "what tx|ime is it");
  assert.equal(after("'dra' left ctrl-r 'time' ctrl-g", on), "dr|a");
  assert.equal(after("'dra' ctrl-r 'time' down down", on), "dra|");
  assert.equal(after("ctrl-r 'time' ctrl-e up", on), "Make a list|", "from there on the history goes on");
  assert.deepEqual([press("ctrl-r 'time' enter", emptyEditor, on).wish, after("ctrl-r 'time' enter", on)], ["send", "what |time is it"]);
  const missed = press("ctrl-r 'makeshift'", emptyEditor, on).editor;
  assert.deepEqual([missed.search?.missed, seen(missed)], [true, "|make it so"]);
  assert.equal(press("backspace backspace backspace backspace backspace", missed, on).editor.search?.missed, false);
});

test("what is put in by a completion, and another text as a whole, can be undone", () => {
  const typed = press("'see REA'").editor;
  const completed = insert(typed, "README.md", 4);
  assert.equal(seen(completed), "see README.md|");
  assert.equal(seen(press("ctrl-_", completed).editor), "see REA|");
  assert.equal(seen(press("ctrl-_", replaceAll(typed, "other")).editor), "see REA|");
});

const pieces = ["a", "B", " ", "\n", "\t", "é", "e\u0301", "\u0301", "\u200d", "\u{1f469}", "\u{1f3fd}", "\u{1f1e9}\u{1f1ea}", "\u{1f1e9}", "日", "각", "\u1100", "\u1161", "\ufe0f", "❤", "\\", "_", "\u0915\u094d\u0937"];
const ids = ["left", "right", "up", "down", "home", "end", "alt-b", "alt-f", "alt-<", "alt->", "backspace", "delete", "ctrl-d", "ctrl-w", "ctrl-u", "ctrl-k", "alt-d", "alt-backspace", "ctrl-y", "ctrl-t", "ctrl-_", "ctrl-j", "enter", "ctrl-r", "ctrl-g", "escape", "tab"];
const someKey = fc.oneof(
  fc.constantFrom(...pieces).map((text): Key => ({ id: text, text })),
  fc.constantFrom(...ids).map((id): Key => ({ id, text: "" })),
  fc.array(fc.constantFrom(...pieces)).map((parts): Key => ({ id: "paste", text: parts.join("") })),
);

test("whatever is pressed, the cursor is between two characters, never in one", () => {
  const segmenter = new Intl.Segmenter();
  fc.assert(
    fc.property(fc.array(someKey, { maxLength: 60 }), fc.integer({ min: 1, max: 12 }), fc.array(fc.array(fc.constantFrom(...pieces)).map((parts) => parts.join("")), { maxLength: 3 }), (keys, columns, history) => {
      let editor = emptyEditor;
      for (const key of keys) {
        editor = edit(editor, key, { history, columns }).editor;
        const borders = new Set([...segmenter.segment(editor.text)].map(({ index }) => index).concat(editor.text.length));
        assert.ok(borders.has(editor.cursor), `${JSON.stringify(seen(editor))} after ${key.id}`);
      }
    }),
    { numRuns: 500 },
  );
});

test("as many undos as there were changes bring back what was there", () => {
  fc.assert(
    fc.property(fc.array(someKey.filter(({ id }) => !["up", "down", "ctrl-r", "ctrl-_"].includes(id)), { maxLength: 40 }), (keys) => {
      const start = press("'some text'").editor;
      let editor = keys.reduce((state, key) => edit(state, key, around).editor, start);
      while (editor.undo.length > start.undo.length) editor = press("ctrl-_", editor).editor;
      if (editor.undo.length === start.undo.length && keys.every(({ text }) => text === "")) assert.equal(editor.text, start.text);
      while (editor.undo.length > 0) editor = press("ctrl-_", editor).editor;
      assert.equal(seen(editor), "|");
    }),
  );
});

test("a long paste in one line can be edited like any other text", () => {
  const long = "x".repeat(200_000);
  const { editor } = edit(emptyEditor, { id: "paste", text: long }, around);
  assert.equal(press("left 'y' ctrl-w ctrl-y alt-b alt-f up down", editor).editor.text.length, long.length + 1);
});
