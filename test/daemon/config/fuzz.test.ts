import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { parseConfig } from "../../../daemon/config/parse.ts";
import { render, summarise } from "../../../daemon/config/problem.ts";
import { retype } from "../../../daemon/config/interpolate.ts";
import { distance, suggest } from "../../../pipes/protocol/suggest.ts";
import { ENV } from "./sample.ts";

const good = readFileSync(fileURLToPath(new URL("../../../config/tools.yaml", import.meta.url)), "utf8");
const bad = readFileSync(fileURLToPath(new URL("golden/mistakes.yaml", import.meta.url)), "utf8");

test("Whatever is done to a config, it is read or refused with places inside of it, never thrown at us", () => {
  const piece = fc.oneof(fc.string(), fc.constantFrom("\t", "\r\n", "{", "[", "]", "}", "'", '"', ": ", "- ", "? ", "*a", "&a ", "!x ", "${", "~", "#", "---\n", "\uFEFF", "\0", "\u2028", "😀", "__proto__: ", "<<: "));
  const edit = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), remove: fc.nat(12), insert: piece });
  fc.assert(
    fc.property(fc.constantFrom(good, bad), fc.array(edit, { minLength: 1, maxLength: 6 }), (text, edits) => {
      checkPlaces(edits.reduce(apply, text));
    }),
    { numRuns: 250 },
  );
});

test("Any text at all is read or refused with places inside of it", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => void checkPlaces(text)), { numRuns: 400 });
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...Array.from("-][{}:?,&*!|>'\"%@#a\n ")), maxLength: 40 }), (text) => void checkPlaces(text)), { numRuns: 600 });
});

test("Any value of JSON in any place of a config is read or refused, and its tools keep their names", () => {
  const key = fc.constantFrom("server", "module", "command", "settings", "env", "restart", "timeouts", "cwd", "model", "autostart", "x");
  const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom("chat", "echo", "a.ts", "30s", "never"));
  const entry = fc.oneof(fc.dictionary(key, value as fc.Arbitrary<unknown>, { maxKeys: 5 }), value as fc.Arbitrary<unknown>);
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom("a", "b", "supervisor", "a-1", "constructor"), entry), fc.option(value), (tools, defaults) => {
      const text = JSON.stringify({ defaults, tools }, null, 1).replaceAll("$", "$$");
      const parsed = checkPlaces(text);
      if (parsed.ok) assert.deepEqual([...parsed.config.tools.keys()], Object.keys(tools));
    }),
    { numRuns: 300 },
  );
});

test("The number of edits between words is a metric, and no word is suggested that is nothing like what was written", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 7 });
  fc.assert(
    fc.property(word, word, (one, other) => {
      assert.equal(distance(one, other), distance(other, one));
      assert.equal(distance(one, other) === 0, one === other);
      assert.ok(distance(one, other) <= Math.max(one.length, other.length));
    }),
  );
  assert.equal(distance("modle", "model"), 1);
  assert.equal(suggest("drian", ["start", "drain", "stop"]), "drain");
  assert.equal(suggest("banana", ["start", "drain", "stop"]), null);
});

test("A filled-in scalar becomes a number or a boolean only where its text can be had back", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.double().map(String), fc.stringMatching(/^-?[0-9.e]{1,20}$/)), (text) => assert.equal(String(retype(text)), text)));
});

function apply(text: string, { at, remove, insert }: { at: number; remove: number; insert: string }): string {
  const start = Math.floor(at * text.length);
  return text.slice(0, start) + insert + text.slice(start + remove);
}

function checkPlaces(text: string): ReturnType<typeof parseConfig> {
  const parsed = parseConfig("/etc/tools.yaml", text, ENV);
  if (parsed.ok) return parsed;
  assert.ok(parsed.problems.length > 0);
  const lines = text.split("\n");
  for (const problem of parsed.problems) {
    const line = lines[problem.line - 1];
    assert.ok(line !== undefined, `line ${problem.line} of ${lines.length}: ${problem.message}`);
    assert.ok(problem.col >= 1 && problem.col <= line.length + 1, `column ${problem.col} of ${JSON.stringify(line)}: ${problem.message}`);
    assert.equal(problem.excerpt?.text, line.replace(/\r$/, ""));
    assert.match(summarise(problem), /^\/etc\/tools\.yaml:\d+:\d+: \S/);
    assert.ok(render(problem).includes("^"));
  }
  return parsed;
}
