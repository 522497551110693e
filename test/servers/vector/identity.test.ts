import assert from "node:assert/strict";
import { test } from "node:test";
import { idOf } from "../../../servers/vector/identity.ts";

test("a row has the name it was given, or one that its text alone decides", () => {
  assert.equal(idOf({ id: "mine", text: "A dog." }), "mine");
  assert.equal(idOf({ text: "A dog." }), "330283a5ffefd18f0d5fbdc5");
  assert.notEqual(idOf({ text: "a dog." }), idOf({ text: "A dog." }));
});
