import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Passage, SIZES, splitFile } from "../../../../../servers/vector/files/split/split.ts";

const PATHS = ["a.md", "a.ts", "a.txt"];
const piece = fc.oneof(
  fc.constantFrom("# One", "## Two", "### Three ###", "Title", "===", "---", "```", "~~~~", "```js", "- item", "1. item", "  nested", "    deep", "\tTab", "| a | b |", "|---|---|", "> quote", "}", "{", "end", "// note", "/** doc */", "export function foo() {", "class A:", "", "", "", "   ", "\t", "\uFEFF", "#", "...", "+++"),
  fc.string({ maxLength: 30 }),
  fc.string({ unit: fc.constantFrom("a", " ", ".", "#", "😀", "é", "。"), maxLength: 400 }),
  fc.nat(4000).map((length) => "x".repeat(length)),
  fc.nat(400).map((count) => "word and another. ".repeat(count)),
);
const text = fc.array(fc.tuple(piece, fc.constantFrom("\n", "\n", "\n", "\r\n", "\r")), { maxLength: 60 }).chain((lines) =>
  fc.boolean().map((ends) => lines.map(([line, ending], index) => (index === lines.length - 1 && !ends ? line : line + ending)).join("")),
);

test("Whatever the text, every line that is not blank is in exactly one passage, in order; only a line too long for one is in several", () => {
  fc.assert(
    fc.property(fc.constantFrom(...PATHS), text, (path, source) => checkCover(source, splitFile(path, source))),
    { numRuns: 3000 },
  );
});

test("So it is with other sizes", () => {
  fc.assert(
    fc.property(fc.constantFrom(...PATHS), text, (path, source) => {
      const sizes = { target: 60, least: 20, most: 90 };
      checkCover(source, splitFile(path, source, sizes), sizes.most);
    }),
    { numRuns: 1000 },
  );
});

test("A text without a visible character has no passages", () => {
  for (const path of PATHS) for (const source of ["", "\n", "\r\n \r\t\n", "\uFEFF", "\uFEFF\n\n"]) assert.deepEqual(splitFile(path, source), []);
});

test("The kind comes from the name, or from the line that says what runs it", () => {
  const kinds = ["README.md", "notes.MDX", "a.ts", "Makefile", "CMakeLists.txt", "LICENSE", "a.txt", "a.unheard-of"].map((path) => splitFile(path, "x")[0]?.kind);
  assert.deepEqual(kinds, ["markdown", "markdown", "code", "code", "code", "text", "text", "text"]);
  assert.equal(splitFile("bin/run", "#!/bin/sh\necho hi\n")[0]?.kind, "code");
});

test("A text keeps its characters, but for line endings, which become LF, and a byte order mark, which goes", () => {
  assert.deepEqual(splitFile("a.txt", "\uFEFFone  \r\n\ttwo\rthree"), [{ text: "one  \n\ttwo\nthree", line: 1, end: 3, kind: "text" }]);
});

test("A mebibyte takes time in proportion, whatever it consists of", () => {
  const sources: Record<string, string> = {
    prose: "A sentence of some length, and then another one. And so on.\n\n",
    lines: "\n",
    long: "x",
    words: "word. ",
    headings: "# a\n",
    fences: "```\n",
    items: "- a\n  - b\n",
    tables: "|a|\n|-|\n",
    hashes: "#",
    code: "export function foo() {\n  return 1;\n}\n\n",
    nested: "a\n b\n  c\n   d\n    e\n     f\n      g\n",
    quotes: "> a\n> - b\n",
  };
  for (const [name, unit] of Object.entries(sources)) {
    for (const path of PATHS) {
      const once = timed(path, unit, 1 << 18);
      const fourfold = timed(path, unit, 1 << 20);
      assert.ok(fourfold < Math.max(1000, once * 12), `${name} as ${path}: ${fourfold.toFixed(0)} ms, a quarter of it ${once.toFixed(0)} ms`);
    }
  }
});

test("Nothing overflows where there are very many pieces", () => {
  for (const path of PATHS) assert.ok(splitFile(path, `${"word and another. ".repeat(2_000_000)}\n\n${"a\n\n".repeat(10)}`).length > 20_000);
});

function timed(path: string, unit: string, size: number): number {
  const source = unit.repeat(Math.ceil(size / unit.length));
  const started = performance.now();
  splitFile(path, source);
  return performance.now() - started;
}

function checkCover(source: string, passages: readonly Passage[], most = SIZES.most): void {
  const lines = source.split(/\r\n|\r|\n/);
  const visible = (text: string): string => text.replaceAll(/\s/g, "");
  const covered: number[] = [];
  let before = 0;
  for (const { text, line, end } of passages) {
    assert.ok(text.length > 0 && text.length <= most && visible(text) !== "" && line <= end, JSON.stringify({ text, line, end }));
    const sharesLine = line === before && (lines[line - 1] ?? "").length > most;
    assert.ok(line > before || sharesLine, `line ${line} comes after ${before}`);
    for (let at = line; at <= end; at += 1) if (visible(lines[at - 1] ?? "") !== "" && covered.at(-1) !== at) covered.push(at);
    before = end;
  }
  assert.deepEqual(covered, lines.flatMap((line, index) => (visible(line) === "" ? [] : [index + 1])));
  assert.equal(passages.map(({ text }) => visible(text)).join(""), visible(source));
}
