import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Chunker, type ChunkerOptions } from "../../../servers/tts/chunker.ts";

const LATE = { early: false };
function chunksOf(text: string, options: ChunkerOptions = LATE): string[] {
  const chunker = new Chunker(options);
  return [...chunker.push(text), ...chunker.flush()];
}

const CASES: ReadonlyArray<readonly [title: string, text: string, chunks: readonly string[]]> = [
  ["titles and initials", "Dr. Smith met Mr. J. R. R. Tolkien. They talked.", ["Dr. Smith met Mr. J. R. R. Tolkien.", "They talked."]],
  ["e.g. and i.e.", "Take fruit, e.g. Apples. Or none, i.e. Nothing at all.", ["Take fruit, e.g. Apples.", "Or none, i.e. Nothing at all."]],
  ["months before numbers", "It was Jan. 5 then. In Jan. It rained.", ["It was Jan. 5 then.", "In Jan.", "It rained."]],
  ["No. as a number and as an answer", "See No. 5 there. No. That is wrong.", ["See No. 5 there.", "No.", "That is wrong."]],
  ["St. as a saint", "He lives in St. Louis. She does not.", ["He lives in St. Louis.", "She does not."]],
  ["the U.S. inside and at the end", "The U.S. Army is in the U.S. The end.", ["The U.S. Army is in the U.S.", "The end."]],
  ["a.m. and p.m.", "At 9 a.m. Eastern we met. We left at 5 p.m. The day was long.", ["At 9 a.m. Eastern we met.", "We left at 5 p.m.", "The day was long."]],
  ["companies", "Acme Inc. Chicago won. It was Acme Inc. They lost.", ["Acme Inc. Chicago won.", "It was Acme Inc.", "They lost."]],
  ["I at the end", "He is taller than I. The end.", ["He is taller than I.", "The end."]],
  ["German abbreviations and dates", "Am 3. Oktober war es z. B. Kalt. Das war bzw. Ist Nr. 5.", ["Am 3. Oktober war es z. B. Kalt.", "Das war bzw. Ist Nr. 5."]],
  ["decimals and versions", "Pi is 3.14. Version v2.0.1 is out. So is 1.5", ["Pi is 3.14.", "Version v2.0.1 is out.", "So is 1.5"]],
  ["times and years", "It is 5.30 now. It was in 2024. The year was long.", ["It is 5.30 now.", "It was in 2024.", "The year was long."]],
  ["numbered lists in a line", "Steps: 1. First do this. 2. Then do that.", ["Steps: 1. First do this.", "2. Then do that."]],
  ["numbered lists", "1. One\n2. Two\n10) Ten", ["1. One", "2. Two", "10) Ten"]],
  ["bullet lists, nested too", "Buy:\n- apples\n  * red ones\n- [ ] pears\n+ plums", ["Buy:", "apples", "red ones", "pears", "plums"]],
  ["quotes and brackets after the stop", 'He said "Stop." Then (really!) she left. (She had to.) Yes.', ['He said "Stop."', "Then (really!) she left.", "(She had to.)", "Yes."]],
  ["a question within a sentence", '"What?" he asked. "Who?!" She left.', ['"What?" he asked.', '"Who?!"', "She left."]],
  ["curly quotes", "“Go.” “No.” They went.", ["“Go.”", "“No.”", "They went."]],
  ["ellipses", "Well... maybe not. Wait… What?", ["Well... maybe not.", "Wait…", "What?"]],
  ["sentences that begin small", "ok. let me see.", ["ok. let me see."]],
  ["addresses and files", "See https://www.example.org/a.b?c=1. Mail a.b@c.co. Read a.txt now.", ["See example.org/a.b?c=1.", "Mail a.b@c.co.", "Read a.txt now."]],
  ["Chinese", "你好，今天天气很好。我们去公园吧！“好吗？”好。", ["你好，今天天气很好。", "我们去公园吧！", "“好吗？”", "好。"]],
  ["Japanese", "「行くの？」と聞いた。はい！", ["「行くの？」", "と聞いた。", "はい！"]],
  ["Hindi and Arabic", "यह एक है। यह दो है। هل هذا سؤال؟ نعم.", ["यह एक है।", "यह दो है।", "هل هذا سؤال؟", "نعم."]],
  ["emoji", "Great 🎉 work👍🏽! Fun😀times 👩‍👩‍👧.", ["Great work!", "Fun times."]],
  ["signs alone", "🎉🎉\n\n---\n\n***\n\n...", []],
  ["headings", "# One #1\nText\n## Two\nMore\n\nTitle\n=====\nEnd", ["One #1", "Text", "Two", "More", "Title", "End"]],
  ["a hash that is none", "#tag is here", ["#tag is here"]],
  ["emphasis and code", "**Bold** *and __both__* `a.b(*c)` ~~old~~ 2 * 3 * 4, snake_case, ~5, \\*star\\*.", ["Bold and both a.b(*c) old 2 * 3 * 4, snake_case, ~5, *star*."]],
  ["links and images", "A [link **x**](http://a.b/c_(d)), ![pic](u.png), [ref][1], [see] it[2].\n\n[1]: http://a.b", ["A link x, pic, ref, [see] it."]],
  ["tags and autolinks", "A <b>tag</b><br>and <https://a.b/c> or a < b, <3.", ["A tag and a.b/c or a < b, <3."]],
  ["entities", "Salt &amp; pepper &lt; 5.", ["Salt & pepper < 5."]],
  ["quoted lines", "> One line\n> goes on.\n\nNot here.", ["One line goes on.", "Not here."]],
  ["tables", "| Name | Age |\n|:---|---:|\n| Bob | 5 |\n\nEnd", ["Name, Age", "Bob, 5", "End"]],
  ["code in fences is not spoken", "Look:\n```js\nconst a = 1. No. Yes.\n``` \nThat is it.\n~~~\nx\n```\ny\n~~~~\nEnd", ["Look:", "That is it.", "End"]],
  ["paragraphs, and lines within one", "One\r\nline\n\nTwo", ["One line", "Two"]],
  ["windows of nothing", "  \n\n \t\n", []],
];

for (const [title, text, chunks] of CASES) {
  test(`Cuts right: ${title}`, () => assert.deepEqual(chunksOf(text), chunks));
}

test("The first piece of a text may be a clause, and after a flush again", () => {
  const text = "On the other hand, we go. Then, after all that, we stop.";
  assert.deepEqual(chunksOf(text, {}), ["On the other hand,", "we go.", "Then, after all that, we stop."]);
  assert.deepEqual(chunksOf("Hi, there you are, friend.", {}), ["Hi, there you are,", "friend."]);
  assert.deepEqual(chunksOf("One — two three four — five.", {}), ["One — two three four —", "five."]);
  assert.deepEqual(chunksOf("今天天气很好，我们去公园。", {}), ["今天天气很好，", "我们去公园。"]);
  const chunker = new Chunker();
  chunker.push(text);
  assert.deepEqual(chunker.flush(), ["Then, after all that, we stop."]);
  assert.deepEqual(chunker.push("In the beginning, all "), ["In the beginning,"]);
});

test("A sentence without an end is cut near thirty words: at a comma, a conjunction, or a space", () => {
  const words = (from: number, to: number): string => Array.from({ length: to - from + 1 }, (_, index) => `w${from + index}`).join(" ");
  assert.deepEqual(chunksOf(`${words(1, 20)}, ${words(21, 40)}.`), [`${words(1, 20)},`, `${words(21, 40)}.`]);
  assert.deepEqual(chunksOf(`${words(1, 20)} and ${words(21, 40)}.`), [words(1, 20), `and ${words(21, 40)}.`]);
  assert.deepEqual(chunksOf(`${words(1, 40)}.`), [words(1, 30), `${words(31, 40)}.`]);
});

test("A text without spaces is cut between two words, and never within a character", () => {
  const chunks = chunksOf("我们去公园".repeat(200));
  assert.ok(chunks.every((chunk) => chunk.length <= 300 && !/[\uD800-\uDBFF]$/.test(chunk)));
  assert.equal(chunks.join(""), "我们去公园".repeat(200));
  assert.equal(chunksOf("𝒳".repeat(1000)).join(""), "𝒳".repeat(1000));
});

test("A sentence is handed out with the first character of the next one, and what waits is told", () => {
  const chunker = new Chunker();
  assert.deepEqual(chunker.push("Hello there. "), []);
  assert.equal(chunker.pending, true);
  assert.deepEqual(chunker.push("How"), ["Hello there."]);
  assert.deepEqual(chunker.flush(), ["How"]);
  assert.equal(chunker.pending, false);
  assert.deepEqual(chunker.push("Done. [a lin"), []);
  assert.equal(chunker.pending, true);
  assert.deepEqual(chunker.flush({ goesOn: true }), ["Done.", "[a lin"]);
});

test("A pause within code does not let the rest of the code be spoken", () => {
  const chunker = new Chunker();
  assert.deepEqual([...chunker.push("```\nvar a"), ...chunker.flush({ goesOn: true })], []);
  assert.deepEqual([...chunker.push("; done. Yes.\n```\nEnd"), ...chunker.flush()], ["End"]);
});

const snippet = fc.constantFrom(..."abIT19.,;:!?…-—*_`~#>|[]()<\\&'\"“” \n\r\t。，क।؟é👍🏽".split(""), "\n\n", "```", "\n```\n", "\n- ", "\n1. ", "\n# ", "Dr. ", "U.S. ", "e.g. ", "https://a.b/c. ", "The ", "end. ", "**", "[a](b)", "\n| a | b |\n", "𝒳", "3.14 ");
const texts = fc.oneof(fc.array(snippet, { maxLength: 80 }).map((parts) => parts.join("")), fc.string({ unit: "binary", maxLength: 60 }), fc.array(fc.constantFrom("word", "and", "a,", "end."), { maxLength: 120 }).map((words) => words.join(" ")));

test("Whatever way a text is split, its pieces are the same", () => {
  fc.assert(
    fc.property(texts, fc.infiniteStream(fc.integer({ min: 1, max: 9 })), fc.boolean(), (text, sizes, early) => {
      const chunker = new Chunker({ early });
      const pieces: string[] = [];
      for (let at = 0; at < text.length; ) {
        const size = sizes.next().value as number;
        pieces.push(...chunker.push(text.slice(at, at + size)));
        at += size;
      }
      assert.deepEqual([...pieces, ...chunker.flush()], chunksOf(text, { early }));
    }),
    { numRuns: 2000 },
  );
});

test("Nothing that is to be said is lost, said twice, or said in another order, flushed meanwhile or not", () => {
  const plain = fc.array(fc.constantFrom("one", "Two", "3.14", "Dr.", "U.S.", "The", "end.", "what?", "No.", "5", "a,", "你好。", "好", "e.g.", "—", "x;", "(y)", '"z."', "\n", "\n\n"), { maxLength: 100 });
  fc.assert(
    fc.property(plain, fc.array(fc.nat(100), { maxLength: 3 }), (words, flushes) => {
      const chunker = new Chunker();
      const said = words.flatMap((word, index) => [...chunker.push(`${word} `), ...(flushes.includes(index) ? chunker.flush({ goesOn: true }) : [])]);
      const letters = (text: string): string => text.replaceAll(/[^\p{L}\p{N}]/gu, "");
      assert.equal(letters([...said, ...chunker.flush()].join(" ")), letters(words.join(" ")));
    }),
    { numRuns: 2000 },
  );
});
