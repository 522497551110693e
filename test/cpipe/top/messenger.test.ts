import assert from "node:assert/strict";
import { test } from "node:test";
import { shapeOf } from "../../../pipes/protocol/interfaces/define.ts";
import { base } from "../../../pipes/protocol/interfaces/base.ts";
import { tts } from "../../../pipes/protocol/interfaces/tts.ts";
import type { CommandShape, FieldShape, InterfaceShape } from "../../../pipes/protocol/interfaces/shape.ts";
import type { Message, Model } from "../../../cpipe/top/model.ts";
import { update } from "../../../cpipe/top/update.ts";
import { modelWith, NOW, press, textOf, tool } from "./fleet.ts";

const arg = (name: string, type: string, other: Partial<FieldShape> = {}): FieldShape => ({ name, type, description: `the ${name}`, required: false, default: null, ...other });
const command = (name: string, ...args: FieldShape[]): CommandShape => ({ name, description: `does ${name}`, args });
const talk: InterfaceShape = { name: "talk", description: "", events: [], commands: [command("ask", arg("prompt", "string", { required: true }), arg("many", "integer", { default: 3 })), command("set", arg("mode", '"fast" | "slow"'), arg("loud", "boolean"), arg("stop", "string[]")), command("ping")] };

const page = (interfaces: InterfaceShape[] = [talk], columns = 80, rows = 24): Model => press(modelWith(columns, rows, [tool("one", { interfaces })]), "m")[0];
const typed = (model: Model, text: string): Model => update(model, { type: "key", key: { id: "paste", text } }, NOW)[0];
const screen = (model: Model): string => textOf(model).join("\n");

test("it opens with what the daemon knows of the commands, and asks the tool for the rest", () => {
  const [opened, effects] = press(modelWith(80, 24, [tool("one", { interfaces: [talk] })]), "m");
  assert.deepEqual(effects, [{ do: "describe", tool: "one" }]);
  assert.match(screen(opened), / ask PROMPT +does ask\n set +does set\n ping +does ping\n/);
  const [told] = update(press(opened, "j")[0], { type: "described", tool: "one", interfaces: [shapeOf(base), talk] }, NOW);
  assert.match(screen(told), / ask PROMPT [^]* get_interface NAME +Ask for one interface/);
  assert.doesNotMatch(screen(told), / subscribe| stop /, "what is of no use here is left out");
  assert.match(screen(press(told, "enter")[0]), /> ?mode/, "what was chosen stays so");
});

test("a form says of each argument what it is, and sends what the command line would send", () => {
  let [form] = press(page(), "enter");
  assert.match(screen(form), /^ ask {2}does ask\n>prompt\*\n {9}the prompt \(string, required, Alt-Enter: another line\)\n many/m);
  form = typed(form, "Hello\nthere");
  [form] = press(form, "enter", "4");
  assert.match(screen(form), />many +4\n +the many \(integer, default 3\)/);
  const [sent, effects] = press(form, "enter");
  assert.deepEqual(effects, [{ do: "send", id: 1, tool: "one", cmd: "ask", args: { prompt: "Hello\nthere", many: 4 }, file: null }]);
  assert.match(screen(sent), /> ask {"prompt":"Hello\\nthere","many":4}\n…/);
});

test("a mistake leads to its field and says what was expected; nothing is sent", () => {
  const [missing, none] = press(page(), "enter", "ctrl-s");
  assert.deepEqual(none, []);
  assert.match(screen(missing), /prompt\*\n +is required/);
  const [wrong, neither] = press(typed(missing, "x"), "tab", "f", "ctrl-s");
  assert.deepEqual(neither, []);
  assert.match(screen(wrong), />many +f\n +expected integer, got "f"/);
  assert.doesNotMatch(screen(press(wrong, "backspace")[0]), /expected integer, got/);
});

test("a field is written in as in a conversation: words, undo, several lines", () => {
  const [form] = press(page(), "enter");
  const written = typed(form, "one two\nthree");
  assert.match(screen(press(written, "ctrl-w")[0]), />prompt\* one two\n\n +the prompt/);
  assert.match(screen(press(written, "ctrl-w", "ctrl-_")[0]), />prompt\* one two\n +three\n/);
  assert.match(screen(press(written, "up", "alt-b", "x")[0]), />prompt\* one xtwo\n/);
  assert.match(screen(press(written, "down")[0]), />many/, "from the last row to the next field");
  assert.match(screen(press(typed(form, "a".repeat(100)), "up", "x")[0]), />prompt\* a+xa+\n/, "rows are what is seen, not lines");
});

test("what has few values is chosen with Space, a list has one on each line", () => {
  const [form] = press(page(), "j", "enter");
  assert.match(screen(form), />mode +–\n.*Space: the next one/);
  const [chosen] = press(form, "space", "space", "down", "t", "down", "a", "alt-enter", "b", "ctrl-s");
  assert.match(screen(chosen), /> set {"mode":"slow","loud":true,"stop":\["a","b"\]}/);
  assert.match(screen(press(form, "space", "space", "space")[0]), />mode +–/);
});

const answer = (model: Model, ...messages: Array<Partial<Message>>): Model => messages.reduce<Model>((before, message) => update(before, { id: 1, ...message } as Message, NOW)[0], model);
const token = (text: string, done = false): Partial<Message> => ({ type: "answered", event: { event: "token", text, done, req_id: 7 }, text });

test("an answer is put together as it comes, and every event can be seen as it was", () => {
  const [sent] = press(page(), "enter", "x", "ctrl-s");
  const waiting = answer(sent, { type: "answered", event: { event: "queued", position: 2 }, text: "" });
  assert.match(screen(waiting), /waiting, place 2 in line/);
  const streaming = answer(waiting, token("Hel"), token("lo\nwor"), token("ld"));
  assert.match(screen(streaming), /\nHello\nworld\n/);
  const used = answer(streaming, { type: "answered", event: { event: "tool_call", tool: "vector", cmd: "search", args: { q: 1 } }, text: "" }, token("more\n"), { type: "answer-ended", failure: null });
  assert.match(screen(used), /\nworld\nvector search {"q":1}\nmore\n/);
  const [verbose] = press(used, "v");
  assert.match(screen(verbose), /every event[^]*{"event":"queued","position":2}\n{"event":"token","text":"Hel","done":false}\n/);
});

test("Esc cancels what is under way, then goes back to the form, to the commands, to the tools", () => {
  const [sent] = press(page(), "enter", "x", "ctrl-s");
  assert.deepEqual(press(sent, "escape")[1], [{ do: "cancel", id: 1 }]);
  const over = answer(sent, { type: "answer-ended", failure: "cancelled" });
  assert.match(screen(over), /\ncancelled\n/);
  const [form, none] = press(over, "escape");
  assert.deepEqual([none, press(form, "escape", "escape")[0].page.kind], [[], "fleet"]);
});

test("what was sent is kept: to be sent again, and when one comes back", () => {
  let [model] = press(page(), "enter", "a", "ctrl-s");
  model = answer(model, token("first\n"), { type: "answer-ended", failure: null });
  [model] = press(model, "enter", "b", "ctrl-s");
  assert.match(screen(press(model, "tab", "ctrl-p", "ctrl-p")[0]), />prompt\* a\n/);
  assert.match(screen(press(model, "tab", "ctrl-p", "ctrl-p", "ctrl-n")[0]), />prompt\* ab\n/);
  const [left, effects] = press(model, "q", "q");
  assert.deepEqual([left.page.kind, effects], ["fleet", [{ do: "cancel", id: 2 }]]);
  const ended = update(left, { type: "answer-ended", id: 2, failure: "cancelled" }, NOW)[0];
  assert.match(screen(press(ended, "m")[0]), /first\n> ask {"prompt":"ab"}\ncancelled/);
});

test("a server that tells of no commands is sent what it may know, its arguments as JSON", () => {
  const [form] = press(page([]), "enter");
  const [wrong] = press(typed(press(typed(form, "Legacy"), "tab")[0], "[1]"), "ctrl-s");
  assert.match(screen(wrong), />arguments +\[1\]\n +expected object, got "\[1\]"/);
  const [sent, effects] = press(typed(press(wrong, "ctrl-u")[0], '{"a": 1}'), "ctrl-s");
  assert.deepEqual(effects, [{ do: "send", id: 1, tool: "one", cmd: "Legacy", args: { a: 1 }, file: null }]);
  assert.match(screen(sent), /> Legacy {"a":1}/);
  assert.match(screen(press(answer(sent, { type: "answer-ended", failure: null }), "tab", "ctrl-p")[0]), />command\* +Legacy/);
});

test("sound is kept in a file where one is named, and then not played", () => {
  const model = page([shapeOf(tts)]);
  const at = shapeOf(tts).commands.findIndex(({ name }) => name === "say");
  const [form] = press(model, ...Array.from({ length: at }, () => "j"), "enter");
  const filled = typed(press(typed(form, "Hello"), "shift-tab")[0], "/tmp/x.wav");
  assert.deepEqual(press(filled, "ctrl-s")[1], [{ do: "send", id: 1, tool: "one", cmd: "say", args: { text: "Hello", play: false }, file: "/tmp/x.wav" }]);
});

test("in a small terminal the field at hand is seen, and the cursor in it", () => {
  const many = { ...talk, commands: [command("fill", ...Array.from({ length: 30 }, (_, at) => arg(`field${at}`, "string")))] };
  let [model] = press(page([many], 40, 12), "enter");
  for (let at = 0; at < 30; at++) {
    assert.match(screen(model), new RegExp(`>field${at}\\b`));
    [model] = press(model, "tab");
  }
});
