import assert from "node:assert/strict";
import { test } from "node:test";
import { parseArguments } from "../../cpipe/arguments.ts";
import { coerce, MISFIT } from "../../cpipe/coerce.ts";
import { settingsFrom } from "../../cpipe/commands/serve.ts";
import { ofFittingSize } from "../../cpipe/compose.ts";
import { noOptions } from "../../cpipe/flags.ts";
import { ASK } from "../../cpipe/options.ts";
import { fieldsOf, flagOf, sortWords } from "../../cpipe/words.ts";
import { MAX_LINE_BYTES } from "../../pipes/protocol/messages.ts";
import type { FieldShape } from "../../pipes/protocol/interfaces/shape.ts";

const arg = (name: string, type: string): FieldShape => ({ name, type, description: "", required: false, default: null });
const args = [arg("data", "string"), arg("maxTokens", "integer"), arg("follow", "boolean"), arg("stop", "string[]"), arg("level", '"low" | "high"')];
const sort = (shape: readonly FieldShape[] | null, ...rest: string[]) => sortWords(rest, shape, noOptions());
const usage = { code: "usage" };

test("the first two words are the tool and the command; what follows is read later", () => {
  const task = parseArguments(["--timeout", "5", "chat", "-v", "ask", "Hi", "--temperature", "0"]);
  assert.deepEqual(task, { kind: "call", tool: "chat", cmd: "ask", rest: ["Hi", "--temperature", "0"], options: { ...noOptions(), timeout: 5000, verbose: true } });
});

test("nothing at all asks for the dashboard where a person is at it, and is a mistake elsewhere", () => {
  assert.deepEqual([parseArguments([], true), parseArguments(["--top"])], [{ kind: "top" }, { kind: "top" }]);
  assert.throws(() => parseArguments([]), usage);
  assert.throws(() => parseArguments(["--top", "chat"]), usage);
  assert.throws(() => parseArguments(["--top", "--json"]), { message: /cpipe supervisor watch -o jsonl --every 2/ });
});

test("short flags may be put together and have their value attached", () => {
  const task = parseArguments(["-nv", "--timeout=1.5", "chat", "ask"]);
  assert.deepEqual(task.kind === "call" && task.options, { ...noOptions(), noWait: true, verbose: true, timeout: 1500 });
});

for (const [line, expected] of [
  ["--list", { kind: "list", folder: null, json: false, pids: false }],
  ["-l /x --json", { kind: "list", folder: "/x", json: true, pids: false }],
  ["--list --json /x", { kind: "list", folder: "/x", json: true, pids: false }],
  ["--list=/x --pid", { kind: "list", folder: "/x", json: false, pids: true }],
  ["--pid -j", { kind: "list", folder: null, json: true, pids: true }],
  ["--clear /x", { kind: "clear", folder: "/x", json: false }],
  ["--serve chat --model x", { kind: "serve", target: "chat", rest: ["--model", "x"] }],
  ["--init", { kind: "init" }],
  ["--install-service", { kind: "install-service", force: false }],
  ["--install-service --force", { kind: "install-service", force: true }],
  ["--uninstall-service", { kind: "uninstall-service", force: false }],
  ["--print-service", { kind: "print-service" }],
  ["--version", { kind: "version" }],
  ["chat -V", { kind: "version" }],
] as const) {
  test(`cpipe ${line}`, () => assert.deepEqual(parseArguments(line.split(" ")), expected));
}

for (const [line, tool, cmd] of [
  ["--help", null, null],
  ["chat --help", "chat", null],
  ["-h chat", "chat", null],
  ["chat ask --temperature 0 --help", "chat", "ask"],
] as const) {
  test(`cpipe ${line} is help`, () => {
    const task = parseArguments(line.split(" "));
    assert.deepEqual(task.kind === "help" && [task.tool, task.cmd], [tool, cmd]);
  });
}

for (const [line, rest, reason] of [
  ["chat", [], /a command for chat is missing/],
  ["chat -c", [], /a command for chat is missing/],
  ["-s terse chat --temperature 0", ["--temperature", "0"], /there is no flag --temperature here/],
] as const) {
  test(`cpipe ${line} is a conversation, or where there can be none a usage error`, () => {
    const task = parseArguments(line.split(" "));
    assert.ok(task.kind === "converse");
    assert.deepEqual([task.tool, task.rest, task.otherwise.code], ["chat", rest, "usage"]);
    assert.match(task.otherwise.message, reason);
  });
}

test("--help behind -- is text", () => assert.equal(parseArguments(["chat", "ask", "--", "--help"]).kind, "call"));

for (const line of ["--list /a /b", "--list --verbose", "--init x", "--init --force", "--install-service x", "--install-service --json", "--serve", "--nonsense", "-y chat ask", "chat ask2 --timeout=soon", "chat ask -f", "-n5 chat ask"]) {
  test(`cpipe ${line} is a usage error`, () => {
    const read = (): unknown => {
      const task = parseArguments(line.split(" "));
      return task.kind === "call" ? sort(null, ...task.rest) : task;
    };
    assert.throws(read, usage);
  });
}

test("--timeout 0 waits for ever", () => assert.equal(sort(null, "--timeout", "0").options.timeout, Number.POSITIVE_INFINITY));

test("with the interface a flag takes its value whatever that looks like, and a boolean takes none", () => {
  const words = sort(args, "--stop", "--data", "--follow", "text", "--max-tokens", "-5");
  assert.equal(words.data, "text");
  assert.deepEqual(fieldsOf(words.flags, args, "ask"), { stop: ["--data"], follow: true, maxTokens: -5 });
});

test("without the interface a flag takes the next word unless that is a flag, and values read as JSON", () => {
  const words = sort(null, "--loud", "--top-p", "0.5", "--tags", '["a"]', "--name", "x y", "text");
  assert.equal(words.data, "text");
  assert.deepEqual(fieldsOf(words.flags, null, "ask"), { loud: true, top_p: 0.5, tags: ["a"], name: "x y" });
});

test("flags for what is asked of a model are cpipe's own there, and a tool's arguments elsewhere", () => {
  const asked = sortWords(["-cx", "Hi", "-f", "a", "--file=b", "-s", "Be brief", "-t", "tidy", "--param", "a=b=c", "--raw"], args, noOptions(), ASK);
  assert.deepEqual([asked.data, asked.flags], ["Hi", []]);
  assert.deepEqual(asked.options.asking, { continues: true, conversation: null, files: ["a", "b"], system: "Be brief", template: "tidy", params: { a: "b=c" }, schema: null, extract: true, raw: true });
  const own = [...args, arg("file", "path"), arg("schema", "boolean")];
  assert.deepEqual(fieldsOf(sort(own, "--file", "x", "--schema").flags, own, "dump"), { file: "x", schema: true });
  assert.deepEqual(sort(own, "--file", "x").options, noOptions());
});

test("elsewhere they are a usage error that says what they are for", () => {
  assert.throws(() => sort(args, "-c"), { code: "usage", message: "-c, --continue is for what is asked of a model, by ask or chat. As in: cpipe chat ask" });
  assert.throws(() => fieldsOf(sort(args, "--extract").flags, args, "ask"), { message: /^-x, --extract is for what is asked of a model/ });
  for (const words of [["-t", "5"], ["-t5"]]) assert.throws(() => sort(args, ...words), { message: "-t, --template is for what is asked of a model, by ask or chat. The longest silence is --timeout 5" });
});

test("a request that no server would take is a usage error, wherever in it the text is", () => {
  assert.throws(() => ofFittingSize({ messages: [{ role: "user", content: "x".repeat(MAX_LINE_BYTES) }] }), { code: "usage", message: /a request may have at most 67108864 bytes; this one has/ });
});

test("a flag given twice is an error unless it is a list", () => {
  assert.throws(() => fieldsOf(sort(args, "--max-tokens", "1", "--maxTokens", "2").flags, args, "ask"), usage);
  assert.deepEqual(fieldsOf(sort(args, "--stop", "a", "--stop", '["b","c"]').flags, args, "ask"), { stop: ["a", "b", "c"] });
});

test("a field's flag is its name with dashes", () => {
  assert.deepEqual(["maxTokens", "top_p", "stop"].map(flagOf), ["--max-tokens", "--top-p", "--stop"]);
});

for (const [text, type, value] of [
  ["3", "string", "3"],
  ["3", "integer", 3],
  ["3.5", "integer", MISFIT],
  ["99999999999999999999", "integer", MISFIT],
  ["1e-3", "number", 0.001],
  ["", "number", MISFIT],
  ["Infinity", "number", MISFIT],
  ["off", "boolean", false],
  ["maybe", "boolean", MISFIT],
  ['{"a":1}', "object", { a: 1 }],
  ["[1]", "object", MISFIT],
  ["[1,2]", "integer[]", [1, 2]],
  ["a", "string[]", ["a"]],
  ["x", "integer[]", MISFIT],
  ["auto", '"auto" | integer', "auto"],
  ["4", '"auto" | integer', 4],
  ["four", '"auto" | integer', MISFIT],
  ["false", '"auto" | false', false],
  ["007", "string | number", "007"],
  ["7", "string | number", 7],
  ["null", "number | null", null],
  ["5", "int", 5],
  ["a", "list", ["a"]],
  ["[1]", "Something", [1]],
] as const) {
  test(`${JSON.stringify(text)} as ${type}`, () => assert.deepEqual(coerce(text, type), value));
}

test("the settings of a server alone are its flags", () => {
  assert.deepEqual(settingsFrom(["--context-size", "4096", "--model", "/m.gguf", "--gpu", "false", "--quiet", "--name", "chat2", "-j", '{"system":"Be brief"}']), {
    name: "chat2",
    settings: { contextSize: 4096, model: "/m.gguf", gpu: false, quiet: true, system: "Be brief" },
  });
  assert.throws(() => settingsFrom(["model"]), usage);
});
