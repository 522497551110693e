import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { rotate } from "../../../daemon/logs/rotate.ts";
import { finished, Place, says } from "../program.ts";
import { entryOf, registryOf, writeRegistry } from "../registry.ts";

const place = new Place();
after(() => place.close());
const folder = join(place.root, "state/pipe-tools/logs");
const path = (log: string): string => join(folder, `${log}.log`);
const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();
const line = (msg: string, seconds: number, more: object = {}): string => `${JSON.stringify({ level: "info", time: ago(seconds), pid: 1, msg, ...more })}\n`;
const read = async (...args: string[]): Promise<Array<Record<string, unknown>>> => {
  const { code, stdout, stderr } = await place.cpipe("--logs", ...args);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  return stdout.split("\n").filter(Boolean).map((text) => JSON.parse(text) as Record<string, unknown>);
};
const messages = async (...args: string[]): Promise<unknown[]> => (await read(...args)).map(({ msg }) => msg);

beforeEach(() => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path("daemon"), line("started", 100) + line("chat: starting → ready", 50, { tool: "chat" }));
  writeFileSync(`${path("chat")}.1`, line("old", 7200, { level: 40 }));
  writeFileSync(path("chat"), line("loading", 90, { level: 30, model: "a.gguf" }) + "a native library says this\n" + line("broken", 10, { level: 50 }));
  writeFileSync(path("tts"), line("speaking", 60, { level: "warn" }));
});

test("all logs are one, by time, as JSON lines that say whose each is; no daemon runs", async () => {
  assert.deepEqual((await read()).map(({ log, level, msg }) => [log, level, msg]), [
    ["chat", "warn", "old"],
    ["daemon", "info", "started"],
    ["chat", "info", "loading"],
    ["chat", null, "a native library says this"],
    ["tts", "warn", "speaking"],
    ["daemon", "info", "chat: starting → ready"],
    ["chat", "error", "broken"],
  ]);
  const [first] = await read("chat", "--since", "100");
  assert.deepEqual(Object.keys(first ?? {}), ["log", "time", "level", "msg", "pid", "model"]);
});

test("names, --since, --level and --lines choose among them", async () => {
  assert.deepEqual(await messages("tts"), ["speaking"]);
  assert.deepEqual(await messages("chat", "tts", "--lines", "2"), ["speaking", "broken"]);
  assert.deepEqual(await messages("supervisor"), ["started", "chat: starting → ready"]);
  assert.deepEqual(await messages("--since", "65s"), ["speaking", "chat: starting → ready", "broken"]);
  assert.deepEqual(await messages(`--since=${ago(70)}`, "chat"), ["broken"]);
  assert.deepEqual(await messages("chat", "--level", "40"), ["old", "a native library says this", "broken"]);
  assert.deepEqual(await messages("--level", "WARNING", "--since", "80"), ["speaking", "broken"]);
  assert.deepEqual(await messages("--lines=0"), []);
});

test("what cannot be read is said, with what was probably meant", async () => {
  const cases: ReadonlyArray<readonly [string[], number, RegExp]> = [
    [["chta"], 3, /^cpipe: there is no tool 'chta'\. Did you mean 'chat'\?\n$/],
    [["zzzzzz"], 3, /There are logs of: chat, daemon, tts \(in /],
    [["--level", "wran"], 2, /expected trace, debug, .* got "wran"\. Did you mean warn\?/],
    [["--since", "lately"], 2, /--since: expected how long ago \(10m, .* got "lately"/],
    [["--lines", "-1"], 2, /--lines: expected a number from 0/],
    [["--since"], 2, /--since needs a value/],
    [["--wide"], 2, /--logs does not take --wide/],
  ];
  for (const [args, expected, said] of cases) {
    const { code, stdout, stderr } = await place.cpipe("--logs", ...args);
    assert.deepEqual({ code, stdout }, { code: expected, stdout: "" }, args.join(" "));
    assert.match(stderr, said);
  }
});

test("a tool that has logged nothing yet is no mistake", async () => {
  writeRegistry(place, registryOf(place.pipes, [entryOf("quiet", place.pipes, { log: path("quiet") })]));
  const { code, stdout, stderr } = await place.cpipe("--logs", "quiet");
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "", stderr: `cpipe: quiet: nothing was logged yet in ${folder}\n` });
});

test("-f goes on through a rotation and into a log that comes later; Ctrl-C ends it with 130", async () => {
  const following = place.start("--logs", "-f", "--lines", "1");
  const ended = finished(following);
  await says(following.stdout, "broken");
  appendFileSync(path("chat"), line("before", 0));
  await says(following.stdout, "before");
  assert.ok(await rotate(path("chat"), { maxBytes: 10, keep: 3 }));
  appendFileSync(path("chat"), line("behind", 0));
  await says(following.stdout, "behind");
  writeFileSync(path("new"), line("first of a new one", 0));
  await says(following.stdout, "first of a new one");
  following.kill("SIGINT");
  const { code, stdout } = await ended;
  assert.equal(code, 130);
  const said = stdout.split("\n").filter(Boolean).map((text) => JSON.parse(text) as Record<string, unknown>);
  assert.deepEqual(said.map(({ log, msg }) => `${String(log)}: ${String(msg)}`), ["chat: broken", "chat: before", "chat: behind", "new: first of a new one"]);
});

test("-f ends in order when nobody reads any more", async () => {
  const following = place.start("--logs", "-f", "chat");
  const closed = once(following, "close");
  await says(following.stdout, "broken");
  following.stdout?.destroy();
  appendFileSync(path("chat"), line("to nobody", 0));
  assert.deepEqual(await closed, [0, null]);
});

test("tail -f of a file sees what is written, and that it was put aside", async () => {
  const tail = spawn("tail", ["-n0", "-F", path("tts")], { stdio: ["ignore", "pipe", "pipe"] });
  const closed = once(tail, "close");
  const append = setInterval(() => appendFileSync(path("tts"), line("for tail", 0)), 20); // it does not say when it is ready
  await says(tail.stdout, "for tail");
  clearInterval(append);
  assert.ok(await rotate(path("tts"), { maxBytes: 1, keep: 3 }));
  appendFileSync(path("tts"), line("behind it", 0));
  await says(tail.stdout, "behind it");
  tail.kill();
  await closed;
});
