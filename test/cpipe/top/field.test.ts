import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { clustersOf } from "../../../cpipe/terminal/width.ts";
import { edited, emptyField, type Field, movedLine } from "../../../cpipe/top/field.ts";

const typing = (text: string, ...ids: string[]): Field => ids.reduce<Field>((field, id) => edited(field, { id, text: id.length === 1 ? id : "" }, true), { text, cursor: text.length });

test("keys edit as in a shell", () => {
  assert.deepEqual(typing("one two", "ctrl-w"), { text: "one ", cursor: 4 });
  assert.deepEqual(typing("one two", "ctrl-a", "ctrl-k", "x"), { text: "x", cursor: 1 });
  assert.deepEqual(typing("one", "left", "left", "delete"), { text: "oe", cursor: 1 });
  assert.deepEqual(typing("one", "left", "ctrl-u"), { text: "e", cursor: 0 });
  assert.deepEqual(typing("e\u0301👨‍👩‍👧", "backspace", "backspace"), emptyField);
  assert.deepEqual(typing("a", "alt-enter", "b", "home", "c"), { text: "a\ncb", cursor: 3 });
});

test("a field of one line takes what is pasted as one", () => {
  assert.equal(edited(emptyField, { id: "paste", text: "a\nb\tc\x1b[m" }, false).text, "a b c␛[m");
});

test("up and down keep to the lines there are", () => {
  const field = { text: "first\nse\nthird", cursor: 4 };
  assert.deepEqual([movedLine(field, -1), movedLine(field, 1)?.cursor, movedLine({ ...field, cursor: 8 }, 1)?.cursor, movedLine({ ...field, cursor: 9 }, 1)], [null, 8, 11, null]);
});

test("whatever is typed, the cursor is between two characters", () => {
  const keys = fc.oneof(fc.constantFrom("left", "right", "up", "down", "home", "end", "backspace", "delete", "ctrl-w", "ctrl-u", "ctrl-k", "alt-enter"), fc.constantFrom("a", " ", "é", "e\u0301", "\u0301", "世", "👨‍👩‍👧", "🏳️‍🌈", "x\ny"));
  fc.assert(
    fc.property(fc.array(keys, { maxLength: 40 }), (pressed) => {
      let field: Field = emptyField;
      for (const key of pressed) {
        const named = /^[a-z-]{2,}$/.test(key);
        field = key === "up" || key === "down" ? (movedLine(field, key === "up" ? -1 : 1) ?? field) : edited(field, { id: named ? key : "paste", text: named ? "" : key }, true);
        const borders = new Set([0, ...[...clustersOf(field.text, 0)].map(({ end }) => end)]);
        assert.ok(borders.has(field.cursor), JSON.stringify(field));
      }
    }),
  );
});
