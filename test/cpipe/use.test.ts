import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { useOf } from "../../cpipe/use.ts";
import { Place } from "./program.ts";

const place = new Place();
before(async () => {
  await Promise.all([place.serve("servers/chat/main.ts"), place.serve("servers/echo/main.ts"), place.serve("test/fixtures/servers/library.ts")]);
});
after(() => place.close());

test("--tools takes names with commas between, or again and again, and a model's use of them is a line each in jsonl", async () => {
  for (const flags of [["--tools", "library,library.forget"], ["--tools", "library", "--tools=library.search"]]) {
    const { code, stdout, stderr } = await place.cpipe("chat", "ask", "find my keys", "-o", "jsonl", ...flags, "--max-calls", "2");
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    const events = stdout.trim().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(events.filter(({ event }) => String(event).startsWith("tool_")).map(({ event, tool }) => `${String(event)} ${String(tool)}`), ["tool_call library", "tool_result library"]);
    assert.equal(events.at(-1)?.["calls"], 1);
  }
});

test("The answer alone is printed, and with -v every event is on standard error", async () => {
  const quiet = await place.cpipe("chat", "ask", "find my keys", "--tools", "library");
  assert.match(quiet.stdout, /^I am the small built-in stand-in.*mine are fixed\.\n$/);
  assert.equal(quiet.stderr, "");
  const { stderr } = await place.cpipe("chat", "ask", "find my keys", "--tools", "library", "-v");
  assert.match(stderr, /< \{"event":"tool_call","tool":"library","cmd":"search","args":\{"query":"find my keys"\}/);
});

test("A tool that is none is named, with the exit code for it", async () => {
  const { code, stdout, stderr } = await place.cpipe("chat", "ask", "find my keys", "--tools", "libary");
  assert.deepEqual([code, stdout], [3, ""]);
  assert.match(stderr, /^cpipe: there is no tool 'libary'/);
});

test("On a terminal a use is one short line that the terminal does not obey", () => {
  assert.equal(useOf({ event: "tool_call", tool: "vector", cmd: "search", args: { query: "a\u001b[2Jb" } }), 'vector search {"query":"a\\u001b[2Jb"}');
  assert.equal(useOf({ event: "tool_result", tool: "vector", cmd: "search", ok: true, text: "one\n\u001b[2Jtwo" }), "  -> one [2Jtwo");
  assert.equal(useOf({ event: "tool_result", tool: "vector", cmd: "search", ok: false, message: "no" }), "  failed: no");
  assert.equal(useOf({ event: "tool_result", tool: "vector", cmd: "search", ok: true, text: "x".repeat(5000) })?.length, 160);
  assert.equal(useOf({ event: "queued", position: 1 }), null);
});
