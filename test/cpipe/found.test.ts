import assert from "node:assert/strict";
import { test } from "node:test";
import { foundIn } from "../../cpipe/found.ts";
import { styleFor } from "../../cpipe/style.ts";

const terminal = foundIn(true, styleFor(true, {}));
const plain = foundIn(false, styleFor(false, {}));
const passage = (lines: number): string => Array.from({ length: lines }, (_, i) => `line ${i + 1} of the text`).join("\n");
const hit = { id: "/notes/a.md:3", score: 0.987, parts: {}, text: passage(2), metadata: { path: "/notes/a.md", line: 3, end: 4, heading: "A > B" }, words: ["text"] };

test("a hit is FILE:LINE, heading and the whole passage, with nothing else where no terminal is", () => {
  assert.equal(plain({ event: "hits", hits: [hit] }), `/notes/a.md:3: A > B\n${passage(2)}\n`);
  assert.equal(plain({ event: "hits", hits: [{ ...hit, metadata: undefined }, hit] }), `/notes/a.md:3:\n${passage(2)}\n\n/notes/a.md:3: A > B\n${passage(2)}\n`);
  assert.equal(plain({ event: "hits", hits: [] }), "", "nothing found is nothing printed");
});

test("on a terminal the words that were found stand out, and a long passage is cut", () => {
  const text = terminal({ event: "hits", hits: [{ ...hit, text: passage(20) }] }) ?? "";
  assert.ok(text.startsWith("\x1b[1m/notes/a.md:3:\x1b[0m A > B\x1b[2m 0.99\x1b[0m\n  line 1 of the \x1b[32mtext\x1b[0m\n"), JSON.stringify(text));
  assert.ok(text.endsWith("… 12 more lines\x1b[0m\n"));
  assert.equal(terminal({ event: "hits", hits: [] }), "\x1b[2mnothing was found\x1b[0m");
});

test("what a text brings along does not reach the terminal as an escape code", () => {
  const evil = { ...hit, text: "\x1b]0;owned\x07hello", id: "\x1b[31m", metadata: { heading: "\x1b[2J" } };
  assert.doesNotMatch((terminal({ event: "hits", hits: [evil] }) ?? "").replaceAll(/\x1b\[\d*m/g, ""), /\x1b|\x07/); // oxlint-disable-line no-control-regex
});

test("the other answers are told in words on a terminal only", () => {
  const indexed = { event: "indexed", files: 1, changed: 1, removed: 0, passages: 4, skipped: [{ path: "x.png", reason: "binary" }] };
  assert.equal(plain(indexed), null);
  assert.equal(terminal(indexed), "1 file, 1 read anew (4 passages), 0 gone\n\x1b[2mskipped x.png: binary\x1b[0m");
  const collections = [{ name: "a", rows: 3, dimensions: 4, embedder: null, bytes: 1 << 20, folders: [{ path: "/notes", follow: true, files: 2 }] }, { name: "b", rows: 0, dimensions: null, embedder: null, bytes: 0, folders: [], damage: "torn" }];
  assert.equal(plain({ event: "collections", collections }), null);
  assert.match(terminal({ event: "collections", collections }) ?? "", /a.*3.*1\.0 MiB.*4 dimensions.*\/notes \(followed\)\n.*b.*0.*\n.*torn/);
  assert.equal(plain({ event: "added", ids: ["a", "b"], done: false }), "a\nb");
  assert.equal(plain({ event: "anything", hits: 3 }), null);
});
