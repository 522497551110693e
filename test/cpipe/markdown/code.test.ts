import assert from "node:assert/strict";
import { test } from "node:test";
import { lastCodeBlock } from "../../../cpipe/markdown/code.ts";

test("the last fenced block is found, with what belongs to it and nothing else", () => {
  assert.equal(lastCodeBlock("a\n```js\none\n```\nb\n```\ntwo\n\n  three\n```\nc"), "two\n\n  three\n");
  assert.equal(lastCodeBlock("~~~~\n```\n~~~\n~~~~"), "```\n~~~\n");
  assert.equal(lastCodeBlock("- item\n  ```sh\n  ls\n    -l\n  ```"), "ls\n  -l\n");
  assert.equal(lastCodeBlock("```not a fence``` here\nnone"), null);
  assert.equal(lastCodeBlock("no code"), null);
});

test("a block whose end has not come yet is one, too", () => {
  assert.equal(lastCodeBlock("```\ndone\n```\n```py\nx = 1"), "x = 1\n");
});
