import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Place, says } from "./program.ts";

const place = new Place();
before(async () => {
  await Promise.all([place.serve("servers/echo/main.ts"), place.serve("test/fixtures/servers/patient.ts")]);
});
after(() => place.close());

const ok = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await place.cpipe(...args);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  return stdout;
};
const fails = async (code: number, ...args: string[]): Promise<string> => {
  const done = await place.cpipe(...args);
  assert.equal(done.code, code, `${args.join(" ")}: ${done.stdout}${done.stderr}`);
  assert.equal(done.stdout, "");
  assert.match(done.stderr, /^cpipe: .*\n$/);
  return done.stderr;
};

test("an event without fields prints its name, one field its bare value, several fields JSON on one line", async () => {
  assert.equal(await ok("echo", "ping"), "pong\n");
  assert.equal(await ok("echo", "get_state"), "idle\n");
  assert.equal(await ok("patient", "fields"), '{"a":1,"b":[true],"c":"x"}\n');
  assert.equal(await ok("echo", "echo", "-j", '{"data":{"a":[1,2]}}'), '{"a":[1,2]}\n');
});

test("a tool is called by its name or by the path of its pipe, a command without regard to case", async () => {
  assert.equal(await ok(join(place.pipes, "tool-echo"), "PING"), "pong\n");
  assert.equal(await ok("tool-echo", "Ping"), "pong\n");
});

test("a stream is printed as it comes and ends in one newline, whether or not its text has one", async () => {
  assert.equal(await ok("echo", "count", "3"), "1\n2\n3\n");
  const { stdout } = await place.cpipe("patient", "begin", "--timeout", "0.3");
  assert.equal(stdout, "first \n");
});

test("plain text becomes the text argument, read as that argument's type", async () => {
  assert.equal(await ok("echo", "echo", "hello world"), "hello world\n");
  assert.equal(await ok("echo", "echo", "--data", "42"), "42\n");
  assert.equal(await ok("echo", "count", "2"), "1\n2\n");
  assert.match(await fails(2, "echo", "count", "two"), /to: expected integer, got "two". See: cpipe echo count --help/);
  assert.match(await fails(1, "patient", "hang", "text"), /expected no arguments/);
});

test("the fields of an object given as DATA, --data or --json are the arguments, and they are merged with the flags", async () => {
  assert.equal(await ok("echo", "count", '{"to": 2}'), "1\n2\n");
  assert.equal(await ok("echo", "count", "--data", '{"to": 2}'), "1\n2\n");
  assert.equal(await ok("patient", "say", "hi", "-j", '{"loud": true}', "--output", "json"), '{"event":"said","loud":true,"data":"hi"}\n');
});

test("a file's text is data by @FILE, and @@ is a text that starts with one", async () => {
  const file = join(place.root, "prompt.txt");
  writeFileSync(file, "from a file\n");
  assert.equal(await ok("echo", "echo", `@${file}`), "from a file\n");
  writeFileSync(file, '{"data": "fields from a file"}');
  assert.equal(await ok("echo", "echo", "-d", `@${file}`), "fields from a file\n");
  assert.equal(await ok("echo", "echo", "@@home"), "@home\n");
  assert.match(await fails(1, "echo", "echo", "@missing"), /no such file.*write @@missing/);
});

test("flags come from the interface, in any spelling, and are read as their types", async () => {
  const say = async (...args: string[]): Promise<unknown> => JSON.parse(await ok("patient", "say", "--output", "json", ...args));
  const expected = { event: "said", data: "hi", maxTokens: 5, loud: true };
  assert.deepEqual(await say("hi", "--max-tokens", "5", "--loud"), expected);
  assert.deepEqual(await say("--loud", "hi", "--maxTokens=5"), expected);
  assert.deepEqual(await say("--max_tokens", "5", "--loud=yes", "--", "hi"), expected);
  assert.deepEqual(await say("--no-loud", "--tags", "a", "--tags", "b"), { event: "said", loud: false, tags: ["a", "b"] });
  assert.deepEqual(await say("--tags", '["a","b"]'), { event: "said", tags: ["a", "b"] });
});

test("an unknown flag, a wrong type, a second DATA and a missing value are usage errors", async () => {
  assert.match(await fails(2, "patient", "say", "--max-token", "5"), /say has no argument --max-token. Did you mean --max-tokens\?/);
  assert.match(await fails(2, "patient", "say", "--max-tokens", "5.5"), /--max-tokens: expected integer, got "5.5"/);
  assert.match(await fails(2, "patient", "say", "--max-tokens"), /--max-tokens: expected integer, got nothing/);
  assert.match(await fails(2, "patient", "say", "hello", "there"), /Quote it for the shell: "hello there"/);
  assert.match(await fails(2, "patient", "say", "a", "--data", "b"), /given twice/);
  assert.match(await fails(2, "patient", "say", "a", "-j", "[1]"), /--json: expected a JSON object, got "\[1\]"/);
  assert.match(await fails(2, "--lsit"), /Did you mean --list\?/);
  assert.match(await fails(2, "echo"), /a command for echo is missing/);
  assert.match(await fails(2, "echo", "ping", "--timeout", "soon"), /--timeout: expected a duration/);
  assert.match(await fails(2, "echo", "subscribe"), /not for the command line/);
});

test("--output json is one object, --output jsonl every event, an error included", async () => {
  assert.equal(await ok("echo", "count", "2", "--output", "json"), '{"event":"reply","text":"1\\n2\\n","done":true}\n');
  assert.equal(await ok("patient", "entries", "-o", "json"), '{"event":"entry","done":true,"parts":[{"entry":{"msg":"one"}},{"entry":{"msg":"two"}}]}\n');
  const lines = (await ok("patient", "news", "--output", "jsonl")).trimEnd().split("\n").map((line) => JSON.parse(line) as { event: string });
  assert.deepEqual(lines.map(({ event }) => event), ["queued", "progress", "reply"]);
  const failed = await place.cpipe("echo", "nonsense", "--output", "json");
  assert.equal(failed.code, 1);
  assert.equal((JSON.parse(failed.stdout) as { code: string }).code, "unknown-command");
});

test("events that are no text are printed one a line", async () => {
  assert.equal(await ok("patient", "entries"), '{"msg":"one"}\n{"msg":"two"}\n');
});

test("an error event is one sentence on standard error and exit code 1", async () => {
  assert.match(await fails(1, "patient", "nonsense"), /unknown command 'nonsense'/);
  assert.match(await fails(1, "echo", "count", "0"), /to: .*>= 1, got number 0/);
  assert.match(await fails(1, "patient", "sya", "x"), /unknown command 'sya'. Did you mean 'say'\?/);
});

test("a tool that is not there is exit code 3 with what was probably meant, the daemon's absence 125", async () => {
  assert.match(await fails(3, "ehco", "ping"), /there is no tool 'ehco'. Did you mean 'echo'\?/);
  assert.match(await fails(3, "nothing-like-it", "ping"), /there is no tool/);
  assert.match(await fails(125, "supervisor", "list"), /the pipe-tools daemon is not running. Start it with/);
  assert.match(await fails(2, "no such", "ping"), /cannot be a tool's name/);
});

test("silence past --timeout is exit code 124, at the start and between two tokens", async () => {
  assert.match(await fails(124, "patient", "hang", "--timeout", "0.2"), /no answer from patient within 0.2 s/);
  const begun = await place.cpipe("patient", "begin", "--timeout", "200ms");
  assert.deepEqual([begun.code, begun.stdout], [124, "first \n"]);
  assert.match(begun.stderr, /no further part of the answer from patient within 0.2 s/);
});

test("--no-wait and --no-subscribe send and end at once, and what was sent is done", async () => {
  const listener = place.start("echo", "count", "1000", "--delay", "100000", "-v");
  await says(listener.stdout, "1\n");
  const heard = says(listener.stderr, '"three"');
  await Promise.all([heard, sendThree()]);
  listener.kill("SIGINT");
  await once(listener, "exit");
});

const sendThree = async (): Promise<void> => {
  assert.equal(await ok("echo", "shout", "one", "-n"), "");
  assert.equal(await ok("echo", "shout", "two", "--no-subscribe"), "");
  assert.equal(await ok("echo", "shout", "--data", "three", "--no-wait"), "");
};

test("a message that is not sure to stay whole among others is not sent without a lane", async () => {
  const long = "x".repeat(100_000);
  assert.equal(await ok("echo", "echo", "-j", JSON.stringify({ data: long }), "-n"), "");
  assert.match(await fails(2, "echo", "echo", "-j", JSON.stringify({ data: long }), "--no-subscribe"), /may have at most \d+ bytes/);
});

test("--verbose shows what goes and what comes on standard error", async () => {
  const { stdout, stderr } = await place.cpipe("patient", "news", "-v");
  assert.equal(stdout, "done\n");
  assert.deepEqual(stderr.trimEnd().split("\n").map((line) => [line[0], (JSON.parse(line.slice(2)) as { event?: string }).event]), [
    [">", undefined],
    ["<", "queued"],
    ["<", "progress"],
    ["<", "reply"],
  ]);
});

test("help comes from the tool's interface", async () => {
  assert.match(await ok("--help"), /cpipe TOOL CMD \[DATA\]/);
  assert.match(await ok("patient", "--help"), /^patient: takes its time\n[^]*say \[DATA\]/);
  assert.match(await ok("patient", "say", "--help"), /^cpipe patient say \[DATA\] \[--ARGUMENT value …\]\n[^]*--max-tokens integer[^]*may be repeated/);
  assert.match(await fails(2, "patient", "sya", "--help"), /tells of no command 'sya'. Did you mean 'say'\?/);
});

test("the pipes of every call are gone afterwards", () => {
  assert.deepEqual(readdirSync(place.pipes), ["tool-echo", "tool-patient"]);
});
