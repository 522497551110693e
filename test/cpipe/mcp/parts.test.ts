import assert from "node:assert/strict";
import { test } from "node:test";
import { Answer } from "../../../cpipe/mcp/answer.ts";
import { declaredBy, wordsOf } from "../../../cpipe/mcp/declared.ts";
import { namesFor } from "../../../cpipe/mcp/names.ts";
import { offersOf, toolOf } from "../../../cpipe/mcp/offer.ts";
import { Progress } from "../../../cpipe/mcp/progress.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { CommandShape } from "../../../pipes/protocol/interfaces/shape.ts";

const command = (name: string, more: Partial<CommandShape> = {}): CommandShape => ({ name, description: "", args: [], ...more });
const toolWith = (name: string, ...commands: CommandShape[]) => ({ name, description: "", interfaces: [{ name, description: "", commands, events: [] }] });

test("a name is TOOL_COMMAND, whatever letters those have", () => {
  const commands = [{ tool: "chat", cmd: "ask" }, { tool: "my.tool", cmd: "files.write" }];
  assert.deepEqual([...namesFor(commands).keys()], ["chat_ask", "my_tool_files_write"]);
});

test("names that would be the same, or too long, get a sum that does not depend on what else there is", () => {
  const [a, b, long] = [{ tool: "a_b", cmd: "c" }, { tool: "a", cmd: "b_c" }, { tool: "t".repeat(64), cmd: "run" }];
  const both = [...namesFor([a, b]).keys()];
  assert.equal(new Set(both).size, 2);
  assert.deepEqual([...namesFor([b, a]).keys()], both.toReversed());
  for (const name of both) assert.match(name, /^a_b_c_[0-9a-f]{8}$/);
  const [short] = [...namesFor([long]).keys()];
  assert.equal(short?.length, 47);
  assert.deepEqual([...namesFor([long, a]).keys()][0], short);
});

test("a built-in kind is known before it has run, and not taken for known when the registry says otherwise", () => {
  const chat = declaredBy("chat", []) ?? assert.fail();
  assert.ok(chat[0]?.commands.find(({ name }) => name === "ask")?.schema);
  const words = wordsOf(chat);
  assert.equal(declaredBy("chat", words), chat);
  assert.equal(declaredBy("chat", [...words, { name: "more", description: "", commands: [], events: [] }]), null);
  assert.equal(declaredBy("module", []), null);
  assert.equal(declaredBy("toString", []), null);
});

test("words of types become a schema where no schema is told", () => {
  const args = [
    { name: "to", description: "the last", type: "int", required: true, default: null },
    { name: "names", description: "", type: "string[]", required: false, default: null },
  ];
  const [[name, offer] = assert.fail()] = [...offersOf([toolWith("python", command("count", { args, description: "Count", idempotent: true }))])];
  assert.deepEqual(toolOf(name, offer, "counts"), {
    name: "python_count",
    description: "Count (python: counts)",
    inputSchema: { type: "object", properties: { to: { type: "integer", description: "the last" }, names: { type: "array", items: { type: "string" } } }, required: ["to"] },
    annotations: { title: "python count", idempotentHint: true },
  });
});

test("sound is offered only where it has a file to come from or to go to", () => {
  const path = { name: "path", description: "", type: "path", required: false, default: null };
  const audio = { name: "audio", description: "", type: "object", required: false, default: null };
  const offers = offersOf([toolWith("t", command("hear", { audio: "request", args: [audio] }), command("read", { audio: "request", args: [path, audio] }), command("sing", { audio: "reply" }), command("say", { audio: "reply", args: [path] }))]);
  assert.deepEqual([...offers.keys()], ["t_read", "t_say"]);
  assert.deepEqual([Object.keys(offers.get("t_read")?.schema.properties ?? {}), offers.get("t_read")?.schema.required], [["path"], ["path"]]);
});

test("what does not end, or would end the daemon, is not offered so", () => {
  const offers = offersOf(["supervisor", "stt"].map((name) => ({ name, description: "", interfaces: declaredBy(name, []) ?? [] })));
  assert.equal(offers.has("supervisor_watch"), false);
  assert.equal(Object.hasOwn(offers.get("supervisor_logs")?.schema.properties ?? {}, "follow"), false);
  assert.deepEqual(offers.get("supervisor_stop")?.schema.required, ["tool"]);
  assert.deepEqual(offers.get("stt_listen")?.schema.required, ["utterances"]);
});

test("a text is text alone, unless its parts tell more", () => {
  const plain = new Answer("chat");
  assert.equal(plain.part({ event: "token", text: "Hel", done: false, result: "Hel" }), "Hel");
  plain.part({ event: "token", text: "lo", done: false });
  assert.deepEqual(plain.final({ event: "token", text: "", done: true, tokens: { reply: 2 } }), { content: [{ type: "text", text: "Hello" }] });
  const timed = new Answer("stt");
  timed.part({ event: "heard", text: "hi\n", words: [{ word: "hi", start: 0, end: 1 }], done: false });
  const { structuredContent, content } = timed.final({ event: "heard", text: "", done: true, utterances: 1 });
  assert.deepEqual(content, [{ type: "text", text: "hi\n" }]);
  assert.deepEqual(structuredContent, { text: "hi\n", parts: [{ text: "hi\n", words: [{ word: "hi", start: 0, end: 1 }] }], utterances: 1 });
});

test("what is no text is JSON, one bare text is itself, nothing is the name of the event", () => {
  assert.deepEqual(new Answer("x").final({ event: "hits", req_id: 3, hits: [] }), { content: [{ type: "text", text: '{"hits":[]}' }], structuredContent: { hits: [] } });
  assert.deepEqual(new Answer("x").final({ event: "device", device: "hdmi" }), { content: [{ type: "text", text: "hdmi" }], structuredContent: { device: "hdmi" } });
  assert.deepEqual(new Answer("x").final({ event: "ok" }), { content: [{ type: "text", text: "ok" }] });
  assert.deepEqual(new Answer("x").final({ event: "token", text: "", done: true }), { content: [{ type: "text", text: "" }] });
});

test("an answer without an end is kept as far as is of use, and says so", () => {
  const answer = new Answer("chat");
  const part = "x".repeat(1024 * 1024);
  for (let n = 0; n < 6; n++) assert.equal(answer.part({ event: "token", text: part, done: false }), part);
  const [content] = answer.final({ event: "token", text: "", done: true }).content;
  assert.match(content?.type === "text" ? content.text.slice(4 * 1024 * 1024) : "", /^\n\[the answer has 6291456 characters; those past the first 4194304/);
});

test("a failure has what came before it, its sentence and its code", () => {
  const answer = new Answer("chat");
  answer.part({ event: "token", text: "Once", done: false });
  const failed = answer.failed(new ToolError("interrupted", { tool: "chat" }));
  assert.deepEqual(failed.content, [{ type: "text", text: "Once" }, { type: "text", text: "chat stopped before it had answered (interrupted)" }]);
  assert.deepEqual([failed.isError, failed.structuredContent], [true, { error: { code: "interrupted", message: "chat stopped before it had answered", retryable: true, details: { tool: "chat" } } }]);
});

test("progress is told one at a time, what comes meanwhile together, and none of it is lost", async () => {
  const sent: Array<[number, string]> = [];
  const rooms: Array<() => void> = [];
  const progress = new Progress((number, message) => (sent.push([number, message]), new Promise((resolve) => rooms.push(resolve))));
  for (const text of ["a", "b", "", "c"]) progress.tell(text);
  assert.deepEqual(sent, [[1, "a"]]);
  const told = progress.told();
  rooms.shift()?.();
  await Promise.resolve();
  assert.deepEqual(sent, [[1, "a"], [2, "bc"]]);
  rooms.shift()?.();
  await told;
});

test("progress that nobody takes any more ends nothing else", async () => {
  const progress = new Progress(() => Promise.reject(new Error("gone")));
  progress.tell("a");
  await progress.told();
});
