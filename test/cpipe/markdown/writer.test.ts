import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { MarkdownWriter } from "../../../cpipe/markdown/writer.ts";
import { widthOf } from "../../../cpipe/terminal/width.ts";

const PAINT = /\u001b\[[\d;]+m/g; // oxlint-disable-line no-control-regex -- what dresses text

/** All of it at once, or in pieces of so many characters. */
function written(text: string, { width = 60, coloured = true, piece = Infinity } = {}): string {
  const writer = new MarkdownWriter({ width, style: { coloured } });
  let out = "";
  for (let at = 0; at < text.length; at += piece) out += writer.push(text.slice(at, at + piece));
  return out + writer.end();
}
const bare = (text: string, width = 60): string => written(text, { width }).replaceAll(PAINT, "");

const parts = fc.constantFrom(
  "word", "a longer sentence of several words", " ", "    ", "\t", "\n", "\n\n", "# ", "### ", "#", "##\n", "- ", "* ", "+ ", "1. ", "10) ", "- [ ] ", "- [x] ", "> ", ">", ">> ",
  "```", "```js\n", "\n```\n", "~~~", "````\n", "`", "``", "*", "**", "***", "_", "__", "~~", "~", "---\n", "***\n", "===\n", "| a | b |\n", "|---|--:|\n", "| `x` | **long cell with words** |\n",
  "[", "](", ")", "[text](https://example.org/x)", "![alt](b.png)", "<https://example.org>", "<br>", "<", "&lt;", "&", "\\", "\\*", "https://example.org/a/long/address/that/does/not/fit/anywhere/at/all",
  "世界。", "これは日本語の文章です", "👩‍👩‍👧", "é", "e\u0301", "x̲", "\u0007", "\u001b[31m", "\u001b]0;x\u0007", "\r\n", "\r", "\ud83d", "\ude00",
);
const texts = fc.array(parts, { minLength: 1, maxLength: 25 }).map((chosen) => chosen.join(""));

describe("whatever a text has in it", () => {
  it("it makes no difference how it is cut into pieces", () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 20, max: 60 }), fc.boolean(), (text, piece, width, coloured) => {
        assert.equal(written(text, { width, coloured, piece }), written(text, { width, coloured }));
      }),
      { numRuns: 3000 },
    );
  });

  it("no control character of it reaches the terminal, and each line ends undressed", () => {
    fc.assert(
      fc.property(texts, fc.boolean(), (text, coloured) => {
        const out = written(text, { coloured });
        const rest = coloured ? out.replaceAll(PAINT, "") : out;
        assert.doesNotMatch(rest, /(?![\t\n])\p{Cc}/u);
        assert.ok(out === "" || out.endsWith("\n"));
        for (const line of out.split("\n")) assert.ok((line.match(PAINT) ?? []).at(-1)?.endsWith("[0m") ?? true, JSON.stringify(line));
      }),
      { numRuns: 1000 },
    );
  });

  it("no line is wider than the terminal, but for code and addresses", () => {
    const tame = fc.array(parts.filter((part) => !/https|```|~~~|^ {4}|\t/.test(part)), { minLength: 1, maxLength: 25 }).map((chosen) => chosen.join("").replaceAll(/^(?=[ ]{4}|`{3}|~{3})/gm, "x"));
    fc.assert(
      fc.property(tame, fc.integer({ min: 40, max: 60 }), (text, width) => {
        for (const line of bare(text, width).split("\n")) assert.ok(widthOf(line) <= width || /^[^\p{L}]*$/u.test(line), JSON.stringify(line));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("what a reader sees", () => {
  const cases: ReadonlyArray<readonly [string, string, string]> = [
    ["a heading is bold, the first kind underlined too, without its signs", "# One ##\n### Two #2", "\u001b[1;4mOne\u001b[0m\n\u001b[1mTwo #2\u001b[0m\n"],
    ["marks of emphasis dress what is between them", "a **b** *c* ***d*** ~~e~~ __f__ _g_", "a \u001b[1mb\u001b[0m \u001b[3mc\u001b[0m \u001b[1;3md\u001b[0m \u001b[9me\u001b[0m \u001b[1mf\u001b[0m \u001b[3mg\u001b[0m\n"],
    ["what looks like marks and is none stays", "2*3*4, a * b, snake_case_name, ~5, \\*x\\*, [1], a < b & c", "2*3*4, a * b, snake_case_name, ~5, *x*, [1], a < b & c\n"],
    ["nothing is a mark inside code", "`a*b*` ``c`d`` `` ` ``", "\u001b[36ma*b*\u001b[0m \u001b[36mc`d\u001b[0m \u001b[36m`\u001b[0m\n"],
    ["emphasis goes over the ends of lines", "**a\nb** c", "\u001b[1ma\u001b[0m\n\u001b[1mb\u001b[0m c\n"],
    ["what is not closed is no mark, where that shows in time", "*args, **kwargs and a ` and __x\n\n**b `c*` d", "*args, **kwargs and a ` and __x\n\n**b \u001b[36mc*\u001b[0m d\n"],
    ["else it ends with its paragraph", `**${"a".repeat(100)}\n\nb`, `\u001b[1m${"a".repeat(60)}\u001b[0m\n\u001b[1m${"a".repeat(40)}\u001b[0m\n\nb\n`],
    ["emphasis needs no spaces where a script has none", "这是**粗体**字，**“引号”**后", "这是\u001b[1m粗体\u001b[0m字，\u001b[1m“引号”\u001b[0m后\n"],
    ["a link is its text and its address, an address only itself", "[a *b*](https://x.org) [https://y.org](https://y.org) <https://z.org>", "\u001b[4ma \u001b[0m\u001b[3;4mb\u001b[0m \u001b[2m(https://x.org)\u001b[0m \u001b[4mhttps://y.org\u001b[0m \u001b[4mhttps://z.org\u001b[0m\n"],
    ["blank lines are one, and none stand before or behind", "\n\na\n\n\n\nb\n\n", "a\n\nb\n"],
    ["a block of code has its language above, and is indented", "```js title\nx  =  `1`\n\n  **y**\n```\nz", "  \u001b[2mjs\u001b[0m\n  \u001b[36mx  =  `1`\u001b[0m\n\n  \u001b[36m  **y**\u001b[0m\nz\n"],
    ["a block of code is ended by nothing shorter than its fence", "````\n```\n````", "  \u001b[36m```\u001b[0m\n"],
    ["a rule is as wide as the terminal", "a\n\n---\n", `a\n\n\u001b[2m${"─".repeat(60)}\u001b[0m\n`],
    ["breaks of HTML are breaks, and its entities characters", "a<br>b &lt;c&gt; &amp;x", "a\nb <c> &x\n"],
  ];
  for (const [title, text, expected] of cases) it(title, () => assert.equal(written(text), expected));

  it("lists are nested by their indentation, and their lines hang", () => {
    assert.equal(bare("- one two three four five\n  - six\n    seven\n  - [x] done\n\n    more\n- eight\n\n1. nine\n   ```\n   x\n   ```\n12) ten", 22), "• one two three four\n  five\n  ◦ six\n    seven\n  ☑ done\n\n    more\n• eight\n\n1. nine\n     x\n12) ten\n");
  });

  it("quotations have a bar, and may have anything in them", () => {
    assert.equal(bare("> a\n> > b\n>\n> - c\n>\n> ```\n> d\n> ```\ne"), "│ a\n│ │ b\n│\n│ • c\n│\n│   d\ne\n");
  });

  it("a table stands in columns, aligned as it says", () => {
    assert.equal(bare("| Name | **N** |\n|:--|--:|\n| a\\|b | 1 |\n| 世界 | 200 | more |\n| c |\nend"), "Name │   N\n─────┼────\na|b  │   1\n世界 │ 200\nc    │\nend\n");
  });

  it("a table that is too wide has its cells broken, and where that is not enough a paragraph for each row", () => {
    const table = "| Name | What it is |\n|---|---|\n| pipes | they are the way in and out of a tool |\n| x | y |\n";
    assert.equal(bare(table, 26), "Name  │ What it is\n──────┼───────────────────\npipes │ they are the way\n      │ in and out of a\n      │ tool\nx     │ y\n");
    assert.equal(bare(table, 14), "Name: pipes\nWhat it is:\n  they are the\n  way in and\n  out of a\n  tool\n\nName: x\nWhat it is:\n  y\n");
  });

  it("words are not broken, ideographs anywhere, and an address never", () => {
    assert.equal(bare("one two three", 12), "one two\nthree\n");
    assert.equal(bare("これは日本語の文章です。", 12), "これは日本語\nの文章です。\n");
    assert.equal(bare("see https://example.org/a/b now", 14), "see\nhttps://example.org/a/b\nnow\n");
    assert.equal(bare("a incomprehensibilities", 12), "a\nincomprehens\nibilities\n");
  });

  it("without colours the marks stay, and so does what they are not needed for", () => {
    assert.equal(written("# A *b*\n- `c` **d**\n```js\ne\n```\n> f", { coloured: false }), "# A *b*\n• `c` **d**\n```js\ne\n```\n│ f\n");
  });

  it("a word is there when it has ended, a row of code at once, and a table when it is whole", () => {
    const writer = new MarkdownWriter({ width: 60, style: { coloured: false } });
    assert.deepEqual(["one tw", "o **thr", "ee** ", "x\n"].map((text) => writer.push(text)), ["one", " two", " **three**", " x"]);
    assert.deepEqual(["```\nco", "de"].map((text) => writer.push(text)), ["\n```\nco", "de"]);
    assert.deepEqual(["\n```\n| a |\n", "|---|\n| b |\n", "\n"].map((text) => writer.push(text)), ["\n```\n", "", "a\n─\nb\n"]);
    assert.equal(writer.end(), "");
  });

  it("a terminal that becomes narrower is followed from the next line on", () => {
    const writer = new MarkdownWriter({ width: 60, style: { coloured: true } });
    const before = writer.push("one two three four five six seven eight\nnine ");
    writer.width = 14;
    assert.equal(before + writer.push("ten eleven twelve\n") + writer.end(), "one two three four five six seven eight\nnine ten\neleven twelve\n");
  });
});
