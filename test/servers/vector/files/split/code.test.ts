import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { splitFile } from "../../../../../servers/vector/files/split/split.ts";
import { root } from "../../../../harness.ts";

const body = (lines: number, indent = "  "): string => Array.from({ length: lines }, (_, index) => `${indent}total = total + number(${index}); // step`).join("\n");

test("A function is one passage, with the comment above it and under the line that names it", () => {
  const source = `import a from "a";\n\n/**\n * Adds.\n */\nexport function add(\n  one: number,\n) {\n${body(8)}\n\n${body(2)}\n}\n\n// Takes away.\nexport const take = () => {\n${body(8)}\n};\n`;
  const passages = splitFile("a.ts", source);
  assert.deepEqual(passages.map(({ heading, line }) => [heading, line]), [["export function add(", 1], ["export const take = ()", 22]]);
  assert.match(passages[1]?.text ?? "", /^\/\/ Takes away\./);
});

test("A class that is too long is cut at its methods, which are headed by both", () => {
  const method = (name: string): string => `    def ${name}(self):\n        """Says what it does."""\n${body(14, "        ")}\n`;
  const passages = splitFile("a.py", `import os\n\n\nclass Adder(Base):\n    """Adds."""\n\n${["one", "two", "three"].map(method).join("\n")}`);
  assert.deepEqual(passages.slice(-2).map(({ heading }) => heading), ["class Adder(Base): > def two(self):", "class Adder(Base): > def three(self):"]);
  for (const { text } of passages) assert.ok(text.length <= 1600);
});

test("Without blank lines what closes a block ends it, and what goes on with it does not", () => {
  const passages = splitFile("a.go", `func one() {\n${body(7)}\n}\nfunc two() {\n${body(7)}\n}\n`);
  assert.deepEqual(passages.map(({ heading }) => heading), ["func one()", "func two()"]);
  assert.equal(splitFile("a.js", `if (x) {\n${body(6)}\n}\nelse {\n${body(6)}\n}\n`).length, 1);
});

test("Short blocks are together", () => {
  assert.equal(splitFile("a.ts", Array.from({ length: 12 }, (_, index) => `const a${index} = ${index};`).join("\n\n")).length, 1);
});

test("A minified file is cut at the most, never inside a character", () => {
  const passages = splitFile("a.js", "😀".repeat(4000));
  for (const { text, line } of passages) {
    assert.ok(text.length <= 1600 && !/\p{Cs}/u.test(text));
    assert.equal(line, 1);
  }
});

test("Of our own sources most passages begin where a block begins and are of a good size", () => {
  const passages = ["daemon/config/watch.ts", "models/download.ts", "pipes/protocol/errors.ts", "test/harness.ts"].flatMap((path) => splitFile(path, readFileSync(join(root, path), "utf8")));
  const good = passages.filter(({ text }) => /^\S/.test(text) && text.length >= 200);
  assert.ok(good.length > passages.length * 0.75, `${good.length} of ${passages.length}`);
});
