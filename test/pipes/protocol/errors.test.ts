import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { errors, isErrorCode, ToolError, type ErrorCode } from "../../../pipes/protocol/errors.ts";
import { root } from "../../harness.ts";

const sources = ["pipes", "models", "engines", "servers", "daemon", "cpipe"]
  .flatMap((room) => readdirSync(join(root, room), { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
  .map((entry) => join(entry.parentPath, entry.name))
  .filter((file) => !file.endsWith("pipes/protocol/errors.ts"))
  .map((file) => readFileSync(file, "utf8"))
  .join("\n");
const codes = Object.keys(errors) as ErrorCode[];

test("every code that the sources throw is in the table", () => {
  const thrown = new Set([...sources.matchAll(/new (?:Tool|Transport)Error\(\s*"([^"]+)"/g)].map(([, code]) => code ?? ""));
  assert.ok(thrown.size > 15, `only ${thrown.size} were found`);
  assert.deepEqual([...thrown].filter((code) => !isErrorCode(code)), []);
});

test("every row of the table is used by the sources", () => {
  assert.deepEqual(codes.filter((code) => !sources.includes(`"${code}"`)), []);
});

test("exit codes are the ones that cpipe documents", () => {
  const allowed = new Set([1, 2, 3, 4, 124, 125, 130]);
  assert.deepEqual(codes.filter((code) => !allowed.has(errors[code].exit)), []);
});

test("a sentence can be said without its facts, and with facts of any kind", () => {
  for (const code of codes) {
    for (const facts of [{}, { tool: "t", cmd: "c", reason: "r", path: "/p", expected: "e", got: null, hint: "Do this", seconds: 1, limit: { a: [1] } }]) {
      const { message } = new ToolError(code, facts);
      assert.ok(message.length > 0 && !/undefined|\[object/.test(message), `${code}: ${message}`);
    }
  }
});

test("only codes of the table's own are codes", () => {
  for (const code of ["toString", "__proto__", "constructor", "", 1, null, undefined]) assert.equal(isErrorCode(code), false);
});

test("an error of another room with a code of the table keeps code and facts", () => {
  const foreign = Object.assign(new Error("its own words"), { code: "not-a-fifo", facts: { path: "/p", got: "a folder" } });
  const error = ToolError.from(foreign);
  assert.deepEqual([error.code, error.facts, error.cause, error.message], ["not-a-fifo", foreign.facts, foreign, "/p is a folder, not a FIFO; it was left alone"]);
  assert.equal(ToolError.from(error), error);
  assert.equal(ToolError.from(Object.assign(new Error("ENOENT: x"), { code: "ENOENT" }), "file-failed", { path: "/p" }).message, "/p: ENOENT: x");
});

test("anything thrown becomes an error with a reason", () => {
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  const reasons = ["text", 7, null, undefined, Symbol("s"), { a: 1 }, circle, Object.create(null) as unknown].map((thrown) => ToolError.from(thrown).facts["reason"]);
  assert.deepEqual(reasons, ["text", "7", "null", "undefined", "Symbol(s)", '{"a":1}', "a thrown object", "{}"]);
});
