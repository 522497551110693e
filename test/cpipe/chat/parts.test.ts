import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { AnswerText } from "../../../cpipe/chat/answer.ts";
import { chatCommands, helpText, parseTyped } from "../../../cpipe/chat/commands.ts";
import { agreed, completionFor } from "../../../cpipe/chat/complete.ts";
import { endingOf, figuresOf } from "../../../cpipe/chat/ending.ts";
import { liveOf } from "../../../cpipe/chat/screen.ts";
import { inTurns, takeTurn } from "../../../cpipe/chat/turn.ts";
import { emptyEditor, replaceAll } from "../../../cpipe/editor/editor.ts";
import { styleFor } from "../../../cpipe/style.ts";
import { widthOfStyled } from "../../../cpipe/terminal/styled.ts";
import { ToolError, type ToolEvent } from "../../../pipes/client.ts";
import { temporaryFolder } from "../../temporary.ts";

const plain = styleFor(false);

test("a slash begins a command, two a message that begins with one", () => {
  assert.deepEqual(parseTyped("hello /help"), { kind: "message", text: "hello /help" });
  assert.deepEqual(parseTyped(" //usr is a folder"), { kind: "message", text: "/usr is a folder" });
  assert.deepEqual(parseTyped("/system Be\nterse"), { kind: "command", name: "system", argument: "Be\nterse" });
  assert.deepEqual(parseTyped("/HELP "), { kind: "command", name: "help", argument: "" });
  assert.deepEqual(parseTyped("/exit"), { kind: "command", name: "quit", argument: "" });
});

test("a command that is none, or lacks something, says what to do", () => {
  const reason = (text: string): string => {
    const typed = parseTyped(text);
    return typed.kind === "wrong" ? typed.reason : "";
  };
  assert.match(reason("/retyr"), /there is no command \/retyr\. Did you mean \/retry\?/);
  assert.match(reason("/xyzzyx"), /See: \/help.*written with two/);
  assert.match(reason("/load"), /\/load needs a NAME: \/load NAME/);
  assert.match(reason("/undo all of it"), /takes nothing behind it/);
});

test("the help has every command, and fits 80 columns", () => {
  const text = helpText(false, { ...plain, width: 80 });
  for (const { name } of chatCommands) assert.match(text, new RegExp(`^/${name}\\b.* {2}\\S`, "m"));
  for (const line of [...text.split("\n"), ...helpText(true, { ...plain, width: 80 }).split("\n")]) assert.ok(line.length <= 80, line);
});

test("Tab completes commands, and files where a path is meant", async () => {
  await using folder = await temporaryFolder();
  for (const name of ["notes.md", "notes.txt", "other.md", ".hidden"]) await folder.write(name, "");
  mkdirSync(join(folder.path, "sub"));
  const at = (text: string): string | null => agreed(completionFor(text), text);
  assert.equal(at("/ret"), "/retry ");
  assert.deepEqual(completionFor("/co").candidates, ["/copy", "/code", "/conversations"]);
  assert.equal(at("/co"), null);
  assert.equal(at(`/file ${folder.path}/not`), `${folder.path}/notes.`);
  assert.equal(at(`/file ${folder.path}/su`), `${folder.path}/sub/`);
  assert.equal(at(`look at ${folder.path}/oth`), `${folder.path}/other.md `);
  assert.equal(at(`/file ${folder.path}/.h`), `${folder.path}/.hidden `);
  assert.deepEqual(completionFor(`/file ${folder.path}/`).candidates.map((path) => path.slice(folder.path.length + 1)), ["notes.md", "notes.txt", "other.md", "sub/"]);
  assert.equal(at("an ordinary word"), null);
  assert.equal(at("/file /nowhere/at/all"), null);
});

test("an answer that comes in pieces is printed line by line, without empty lines at its ends", () => {
  const answer = new AnswerText(40, (text) => text);
  let printed = "";
  for (const piece of ["\n\n", "one", " two\n", "\nthr", "ee\n\n"]) printed += answer.text(piece, 40, 10);
  assert.equal(printed + answer.pause(), "one two\n\nthree\n");
});

test("what a model thinks is faint, wrapped, and apart from the answer", () => {
  const answer = new AnswerText(12, (text) => `<${text}>`);
  const thought = "Let me think about this for a while longer";
  let printed = Array.from(thought).map((letter) => answer.thought(letter, 12)).join("");
  assert.notEqual(printed, "", "what cannot change any more is printed before its end");
  printed += answer.text("Yes", 12, 10);
  assert.equal(printed, "<Let me think>\n<about this>\n<for a while>\n<longer>\n");
  assert.equal(printed + answer.text("!\n", 12, 10) + answer.pause(), "<Let me think>\n<about this>\n<for a while>\n<longer>\n\nYes!\n");
});

test("a line longer than the screen is printed as far as its last row", () => {
  const answer = new AnswerText(10, (text) => text);
  const printed = answer.text(`\`\`\`\n${"x".repeat(95)}`, 10, 3);
  const rows = [...printed.split("\n").slice(0, -1), ...answer.tail(10)].join("");
  assert.equal(rows.replaceAll(/[^x]/g, ""), "x".repeat(95));
  assert.ok(answer.tail(10).length <= 3);
});

test("the live rows are never more, nor wider, than the screen, and the cursor is in them", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }).map((text) => text.replaceAll("x", "\n")), fc.nat({ max: 6 }), fc.integer({ min: 3, max: 40 }), fc.integer({ min: 1, max: 12 }), fc.string({ maxLength: 60 }), (text, tail, columns, rows, status) => {
      const live = liveOf({ tail: Array.from({ length: tail }, () => "a"), status, editor: replaceAll(emptyEditor, text) }, { columns, rows }, plain);
      assert.ok(live.rows.length <= Math.max(rows, 2), `${live.rows.length} of ${rows}`);
      for (const row of live.rows) assert.ok(widthOfStyled(row) <= columns, JSON.stringify(row));
      assert.ok(live.cursor.row >= 0 && live.cursor.row < live.rows.length && live.cursor.column < columns);
    }),
  );
});

test("what was said without an answer goes with what is said next", () => {
  const messages = [{ role: "system", content: "s" }, { role: "user", content: "a" }, { role: "user", content: "b" }, { role: "assistant", content: "c" }] as const;
  assert.deepEqual(inTurns(messages), [{ role: "system", content: "s" }, { role: "user", content: "a\n\nb" }, { role: "assistant", content: "c" }]);
});

/** A client that answers with these events, and then fails if it is to. */
const answering = (events: ToolEvent[], failure?: Error) => ({
  async *stream() {
    yield* events;
    if (failure !== undefined) throw failure;
  },
});
const quiet = { text: () => undefined, thought: () => undefined, news: () => undefined };
const request = { messages: [], fields: {}, signal: new AbortController().signal, timeout: 1000 };

test("how a turn ends is said: whole, broken off, stopped, too long", async () => {
  const final = { event: "token", text: "", done: true, reason: "end", tokens: { prompt: 20, reused: 12, reply: 4 }, timings: { prompt: 10, reply: 100 } };
  const whole = await takeTurn(answering([{ event: "token", text: "Hi", done: false }, final]), request, quiet);
  assert.deepEqual([whole.text, whole.error, endingOf(whole, "chat")], ["Hi", null, []]);
  assert.equal(figuresOf(final), "4 tokens · 40 tokens/s · 12 of 20 prompt tokens reused");
  const broken = await takeTurn(answering([{ event: "token", text: "Hi", done: false }], new ToolError("interrupted", { tool: "chat" })), request, quiet);
  assert.deepEqual(endingOf(broken, "chat").map(({ text }) => text), ["chat stopped before it had answered", "(/retry asks again)"]);
  const full = await takeTurn(answering([], new ToolError("context-overflow", { tokens: 900, limit: 512 })), request, quiet);
  assert.match(endingOf(full, "chat").map(({ text }) => text).join(" "), /has 900 tokens, the model's context holds 512.*\/undo.*\/clear/);
  assert.deepEqual(endingOf({ ...whole, final: { ...final, reason: "length" } }, "chat").map(({ text }) => text), ["(as long as maxTokens allows)"]);
  assert.match(endingOf({ ...whole, final: { ...final, trimmed: 4 } }, "chat").map(({ text }) => text).join(" "), /the oldest 4 messages were left out/);
  const aborted = await takeTurn(answering([], new Error("x")), { ...request, signal: AbortSignal.abort() }, quiet);
  assert.deepEqual([aborted.stopped, aborted.error], [true, null]);
});
