import assert from "node:assert/strict";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { corporaOf } from "../../../bench/quality/corpora.ts";
import { builtin } from "../../../bench/quality/embedding.ts";
import { evaluate, type Quality } from "../../../bench/quality/evaluate.ts";
import { questionsOf } from "../../../bench/quality/questions.ts";
import { root } from "../../harness.ts";
import { temporaryFolder } from "../../temporary.ts";

/** What a sentence added to the docs may move: three questions in two hundred. */
const TOLERANCE = 0.015;
const WAYS = 5;

describe("with the default weights, headings of this project's docs find their passages", () => {
  let quality: Quality;

  before(async () => {
    await using folder = await temporaryFolder();
    const [docs] = corporaOf(root);
    quality = await evaluate(join(folder.path, "docs.sqlite"), questionsOf(docs!.documents), builtin(), WAYS);
    assert.ok(quality.questions > 100, `only ${quality.questions} questions`);
  });

  test("in a hybrid search no worse than by words alone, and better than by vectors alone", () => {
    const { text, vector, hybrid } = quality.clean;
    assert.ok(hybrid.recall >= text.recall - TOLERANCE, `${hybrid.recall} against ${text.recall}`);
    assert.ok(hybrid.recall > vector.recall, `${hybrid.recall} against ${vector.recall}`);
  });

  // On larger bodies of text it is better than either; on these few pages it is a question or two more or less than vectors alone.
  test("in a hybrid search better than by words alone, when they are misspelled, and no worse than by vectors alone", () => {
    const { text, vector, hybrid } = quality.typos;
    assert.ok(hybrid.recall > text.recall, `${hybrid.recall} against ${text.recall}`);
    assert.ok(hybrid.recall >= vector.recall - TOLERANCE, `${hybrid.recall} against ${vector.recall}`);
  });
});
