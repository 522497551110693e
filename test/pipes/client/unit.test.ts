import assert from "node:assert/strict";
import { test } from "node:test";
import { fillTemplate, launchAgent, sealOf, systemdUnit } from "../../../pipes/client/unit.ts";

test("every place of a name gets its value, as it stands", () => {
  assert.equal(fillTemplate("@A@ @B_C@ @A@ a@b.c @lower@", { A: "$& $1 @B_C@", B_C: "2" }), "$& $1 @B_C@ 2 $& $1 @B_C@ a@b.c @lower@");
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

test("a service file tells whether it is as it was made", () => {
  const installation = { node: "/n", daemon: "/d", environment: { PATH: "/bin" }, readme: "file:///r", logs: "/l" };
  const unit = systemdUnit("# Made by cpipe, sum @SUM@\n@NODE@ @DAEMON@ @README@ @ENVIRONMENT@\n", installation);
  const agent = launchAgent("<!-- Made by cpipe, sum @SUM@ -->\n@NODE@ @DAEMON@ @LOGS@ @ENVIRONMENT@\n", installation);
  assert.match(unit, /^# Made by cpipe, sum [0-9a-f]{16}\n\/n \/d /);
  for (const text of [unit, agent]) {
    assert.equal(sealOf(text), "intact");
    assert.equal(sealOf(text.replace("/n", "/m")), "broken");
    assert.equal(sealOf(text.replace("Made by cpipe", "Made by me")), "none");
  }
  assert.equal(sealOf(""), "none");
});
