import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { repaint } from "../../../cpipe/terminal/frame.ts";
import { KeyDecoder } from "../../../cpipe/terminal/keys.ts";

const sent: Readonly<Record<string, string>> = {
  "\x1b[A": "up", "\x1bOB": "down", "\x1b[1;5C": "ctrl-right", "\x1b[5~": "page-up", "\x1b[6~": "page-down", "\x1b[H": "home", "\x1bOF": "end", "\x1b[1~": "home",
  "\x1b[3~": "delete", "\x1b[Z": "shift-tab", "\x1bOP": "f1", "\r": "enter", "\n": "ctrl-j", "\x1b\r": "alt-enter", "\x1b[13;2u": "shift-enter", "\t": "tab", "\x7f": "backspace", "\x03": "ctrl-c", "\x00": "ctrl-space", "\x1bb": "alt-b", " ": "space", "é": "é", "👍": "👍",
};
const ids = (...chunks: Array<string | Buffer>): string[] => {
  const decoder = new KeyDecoder();
  return [...chunks.flatMap((chunk) => decoder.push(Buffer.from(chunk as string))), ...decoder.flush()].map(({ id }) => id);
};

test("what terminals send for keys is read as those", () => {
  for (const [bytes, id] of Object.entries(sent)) assert.deepEqual(ids(bytes), [id], JSON.stringify(bytes));
});

test("keys that come in pieces, or several at once, are the same keys", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...Object.keys(sent))), fc.array(fc.nat({ max: 60 })), (keys, cuts) => {
      const bytes = Buffer.from(keys.join(""));
      const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
      assert.deepEqual(ids(...at.slice(1).map((end, index) => bytes.subarray(at[index], end))), keys.map((key) => sent[key]));
    }),
  );
});

test("an escape is a key of its own when nothing follows", () => {
  const decoder = new KeyDecoder();
  assert.deepEqual(decoder.push(Buffer.from("\x1b")), []);
  assert.ok(decoder.pending);
  assert.deepEqual(decoder.flush(), [{ id: "escape", text: "" }]);
  assert.deepEqual(ids("\x1b\x1b[A"), ["escape", "up"]);
});

test("pasted text is one key, and is not taken for others", () => {
  const decoder = new KeyDecoder();
  assert.deepEqual(decoder.push(Buffer.from("\x1b[200~q\r\nq")), []);
  assert.ok(!decoder.pending);
  assert.deepEqual(decoder.push(Buffer.from("\x1b[A\x1b[201~j")), [{ id: "paste", text: "q\nq\x1b[A" }, { id: "j", text: "j" }]);
});

test("replies and keys that we do not know are left out", () => {
  assert.deepEqual(ids("\x1b[?62;c\x1b[99~\x1b[<0;1;1Ma"), ["a"]);
});

test("only rows that differ are painted, and the cursor goes where it is wanted", () => {
  const first = { rows: ["one", "two"], cursor: null };
  assert.match(repaint(null, first), /\x1b\[2J.*one.*two/s); // oxlint-disable-line no-control-regex
  assert.equal(repaint(first, { rows: ["one", "two"], cursor: null }), "");
  const changed = repaint(first, { rows: ["one", "TWO"], cursor: { row: 1, column: 2 } });
  assert.doesNotMatch(changed, /one/);
  assert.match(changed, /\x1b\[2;1H\x1b\[2KTWO\x1b\[2;3H\x1b\[\?25h/); // oxlint-disable-line no-control-regex
});
