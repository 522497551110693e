import assert from "node:assert/strict";
import { test } from "node:test";
import { splitFile } from "../../../../../servers/vector/files/split/split.ts";

const paragraph = (word: string, sentences = 12): string => `${word} is a word that this sentence speaks about. `.repeat(sentences).trim();
const outline = (source: string): Array<[string | undefined, number, number]> => splitFile("a.md", source).map(({ heading, line, end }) => [heading, line, end]);

test("Sections are found by their headings of both kinds, with the path that leads to them", () => {
  const source = ["Manual", "======", "", paragraph("Manual"), "", "Install", "---", paragraph("Install"), "", "### Linux ###", paragraph("Linux"), "", "## Use", paragraph("Use")].join("\n");
  assert.deepEqual(outline(source), [["Manual", 1, 4], ["Manual > Install", 6, 8], ["Manual > Install > Linux", 10, 11], ["Manual > Use", 13, 14]]);
});

test("A heading with nothing below it is with the first section that has something", () => {
  assert.deepEqual(outline(`# Manual\n\n## Install\n\n### Linux\n\n${paragraph("Linux", 20)}\n`), [["Manual > Install > Linux", 1, 7]]);
  assert.deepEqual(outline(`# Long\n\n${Array.from({ length: 4 }, () => paragraph("Long")).join("\n\n")}\n`)[0]?.[1], 1);
});

test("Short sections are together, under what they have in common", () => {
  assert.deepEqual(outline("# Log\n\n## 2\n\n- fixed\n\n## 1\n\n- new\n"), [["Log", 1, 9]]);
  assert.deepEqual(outline("# A\n## B\n## C\n"), [["A", 1, 3]]);
});

test("A mark inside a fence is no heading, and a fence that fits is not cut", () => {
  const code = Array.from({ length: 30 }, (_, index) => `# step ${index}: run the program`).join("\n");
  const source = `# Run\n\n${paragraph("Before")}\n\n\`\`\`sh\n${code}\n\n## no heading\n\`\`\`\n\n${paragraph("After")}\n`;
  const passages = splitFile("a.md", source);
  assert.deepEqual([...new Set(passages.map(({ heading }) => heading))], ["Run"]);
  const fence = passages.filter(({ text }) => text.includes("# step"));
  assert.equal(fence.length, 1);
  assert.match(fence[0]?.text ?? "", /```sh\n[^]*## no heading\n```/);
});

test("A fence ends with its own mark only; one that is never closed goes on to the end", () => {
  assert.deepEqual(outline("~~~~\n# a\n```\n~~~\n# b\n~~~~\n# c\n"), [["c", 1, 7]]);
  assert.deepEqual(outline("# a\n```\n# b\n\n# c"), [["a", 1, 5]]);
  assert.deepEqual(outline("# a\n\n- item\n\n  ```\n  # b\n\n# c\n\ntext")[0]?.[0], "a", "the fence in an item ends with the item");
});

test("Front matter is kept apart, also behind a byte order mark; a rule is none", () => {
  assert.deepEqual(outline("\uFEFF---\ntitle: x\n# no heading\n---\n# A\ntext\n"), [[undefined, 1, 4], ["A", 5, 6]]);
  assert.deepEqual(outline("+++\nx = 1\n+++\ntext"), [[undefined, 1, 3], [undefined, 4, 4]]);
  assert.deepEqual(outline("---\n\n# A\n\ntext\n"), [["A", 1, 5]]);
});

test("Neither a rule below a list or a table, nor a mark without a space, makes a heading", () => {
  for (const source of ["- item\n---\ntext", "| a | b |\n|---|---|\n| 1 | 2 |\n---", "#hashtag", "> # quoted\n---", "    # indented", "> quoted\n---"]) {
    assert.deepEqual(splitFile("a.md", source).map(({ heading }) => heading), [undefined], source);
  }
});

test("A long section is cut between paragraphs and items, about evenly", () => {
  const items = Array.from({ length: 12 }, (_, index) => `- ${paragraph(`Item${index}`, 4)}\n\n  ${paragraph("More", 1)}`).join("\n");
  const passages = splitFile("a.md", `# List\n\n${items}\n`);
  assert.ok(passages.length > 1);
  for (const { text, heading } of passages) {
    assert.equal(heading, "List");
    assert.match(text, /^(# List|- Item)/);
    assert.ok(text.length > 600 && text.length <= 1600, String(text.length));
  }
});

test("A paragraph on one long line is cut behind sentences", () => {
  const passages = splitFile("a.md", paragraph("Long", 100));
  assert.ok(passages.length >= 4);
  for (const { text, line, end } of passages) {
    assert.match(text, /^Long .*about\.$/);
    assert.deepEqual([line, end], [1, 1]);
  }
});
