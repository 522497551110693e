import assert from "node:assert/strict";
import { test } from "node:test";
import { fillTemplate } from "../../../pipes/client/unit.ts";

test("every place of a name gets its value, as it stands", () => {
  assert.equal(fillTemplate("@A@ @B_C@ @A@ a@b.c @lower@", { A: "$& $1 @B_C@", B_C: "2" }), "$& $1 @B_C@ 2 $& $1 @B_C@ a@b.c @lower@");
});

test("the value is quoted by the format's own rule", () => {
  assert.equal(fillTemplate("<@A@>", { A: "x" }, (value) => `[${value}]`), "<[x]>");
});

test("all that does not fit is said at once", () => {
  assert.throws(() => fillTemplate("@A@ @B@ @constructor@ @TO_STRING@", { B: "1", C: "2", D: "3" }), {
    code: "usage",
    message: "the template cannot be filled in: no value for @A@, no value for @TO_STRING@, no place for @C@ in it, no place for @D@ in it",
  });
});

test("a value with a line break would become a line of its own, and is refused", () => {
  assert.throws(() => fillTemplate("@A@", { A: "x\nExecStart=/bin/false" }), { message: /a control character in the value of @A@/ });
});
