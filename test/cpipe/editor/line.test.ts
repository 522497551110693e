import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Editor, emptyEditor, replaceAll } from "../../../cpipe/editor/editor.ts";
import { editLine, lineRow } from "../../../cpipe/editor/line.ts";
import type { Key } from "../../../cpipe/terminal/keys.ts";
import { clustersOf, widthOf } from "../../../cpipe/terminal/width.ts";

const paste = (text: string): Key => ({ id: "paste", text });
const typing = (text: string, ...ids: string[]): Editor => ids.reduce<Editor>((editor, id) => editLine(editor, { id, text: id.length === 1 ? id : "" }), replaceAll(emptyEditor, text));

test("a line is edited by the keys of the editor", () => {
  assert.equal(typing("one two", "ctrl-w").text, "one ");
  assert.equal(typing("one two", "ctrl-a", "alt-d", "x").text, "x two");
  assert.equal(typing("one two", "ctrl-w", "ctrl-_").text, "one two");
});

test("nothing makes two lines of it", () => {
  assert.equal(editLine(emptyEditor, paste("a\nb\tc")).text, "a b c");
  assert.equal(typing("one\\", "enter", "alt-enter", "ctrl-j").text, "one\\");
});

test("there is nothing to go back to, or to search in", () => {
  assert.deepEqual(typing("one", "up", "down", "ctrl-r", "x").text, "onex");
});

test("a row shows what is around the cursor", () => {
  const row = (text: string, cursor: number) => lineRow("/", { text, cursor }, 8);
  assert.deepEqual(row("abc", 3), { text: "/abc", cursor: 4 });
  assert.deepEqual(row("abc", 1), { text: "/abc", cursor: 2 });
  assert.deepEqual(row("abcdefghij", 10), { text: "defghij", cursor: 7 });
  assert.deepEqual(row("abcdefghij", 0), { text: "/abcdef…", cursor: 1 });
  assert.deepEqual(row("日本語日本", 5), { text: "語日本", cursor: 6 });
});

test("whatever is typed, it is one line, and its row has the cursor in it", () => {
  const ids = ["left", "right", "up", "down", "home", "end", "backspace", "delete", "ctrl-w", "ctrl-u", "ctrl-k", "ctrl-y", "ctrl-t", "ctrl-_", "ctrl-r", "alt-enter", "ctrl-j", "enter"];
  const key = fc.oneof(fc.constantFrom(...ids).map((id): Key => ({ id, text: "" })), fc.constantFrom("a", " ", "\\", "e\u0301", "\u0301", "世", "👨‍👩‍👧", "x\ny", "\t", "\x1b[m").map(paste));
  fc.assert(
    fc.property(fc.array(key, { maxLength: 40 }), fc.integer({ min: 1, max: 12 }), (keys, columns) => {
      const editor = keys.reduce(editLine, emptyEditor);
      assert.doesNotMatch(editor.text, /[\n\t]/);
      assert.ok([0, ...[...clustersOf(editor.text, 0)].map(({ end }) => end)].includes(editor.cursor), JSON.stringify(editor));
      const row = lineRow("/", editor, columns);
      assert.ok(widthOf(row.text) <= columns && row.cursor < columns, JSON.stringify(row));
    }),
  );
});
