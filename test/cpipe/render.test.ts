import assert from "node:assert/strict";
import { test } from "node:test";
import { elapsed, stateOf } from "../../cpipe/describe.ts";
import { patienceWith, presenterFor } from "../../cpipe/present.ts";
import { rendererFor } from "../../cpipe/render.ts";
import { newsOf } from "../../cpipe/status.ts";
import { styleFor } from "../../cpipe/style.ts";
import { renderTable } from "../../cpipe/table.ts";
import { isFinal, type ToolEvent } from "../../pipes/protocol/messages.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { entryOf } from "./registry.ts";

type Output = Parameters<typeof rendererFor>[0];
const render = (events: readonly ToolEvent[], output: Output = "text", tty = false): string => {
  const renderer = rendererFor(output, tty);
  return events.map((event) => (isFinal(event) ? renderer.final(event) : renderer.part(event))).join("");
};
const part = (text: string): ToolEvent => ({ event: "token", text, done: false, req_id: 1 });
const end = { event: "token", text: "", done: true, reason: "eos", tokens: { reply: 2 }, req_id: 1 };

test("text as it comes; the end adds a newline where one is missing, and nothing of its own", () => {
  assert.equal(render([part("Hel"), part("lo"), end]), "Hello\n");
  assert.equal(render([part("Hello\n"), end]), "Hello\n");
  assert.equal(render([end]), "");
  assert.equal(render([{ ...end, text: "all at once" }]), "all at once\n");
});

test("one answer: its name, its bare value, or its fields", () => {
  assert.equal(render([{ event: "pong", req_id: 3 }]), "pong\n");
  assert.equal(render([{ event: "state", state: "idle" }]), "idle\n");
  assert.equal(render([{ event: "is_speaking", speaking: false }]), "false\n");
  assert.equal(render([{ event: "device", device: null }]), "null\n");
  assert.equal(render([{ event: "config", a: 1, b: "x" }]), '{"a":1,"b":"x"}\n');
  assert.equal(render([{ event: "help", help: "line\nline\n" }]), "line\nline\n");
});

test("on a terminal JSON is laid out for reading", () => {
  assert.equal(render([{ event: "config", a: 1, b: "x" }], "text", true), '{\n  "a": 1,\n  "b": "x"\n}\n');
});

test("a reply is its text, whatever else is said about it", () => {
  assert.equal(render([{ event: "reply", text: "Hi", tokens: { reply: 1 }, reason: "eos" }]), "Hi\n");
});

test("as one object: the text put together, and the fields of the last event", () => {
  assert.deepEqual(JSON.parse(render([part("Hel"), part("lo"), end], "json")), { event: "token", text: "Hello", done: true, reason: "eos", tokens: { reply: 2 } });
});

test("as lines: every event, without the number that cpipe gave the request", () => {
  assert.equal(render([part("a"), end], "jsonl").split("\n").length, 3);
  assert.doesNotMatch(render([part("a"), end], "jsonl"), /req_id/);
});

test("a failure after the first words closes the line, or is an event", () => {
  const error = new ToolError("interrupted", { tool: "chat" });
  const text = rendererFor("text", false);
  assert.equal(text.part(part("Hel")) + text.failed(error), "Hel\n");
  const json = rendererFor("json", false);
  json.part(part("Hel"));
  assert.deepEqual(JSON.parse(json.failed(error)), { event: "error", code: "interrupted", message: "chat stopped before it had answered", retryable: true, details: { tool: "chat" }, text: "Hel" });
});

test("news of waiting and of progress in words", () => {
  assert.equal(newsOf({ event: "queued", position: 1 }), "next in line");
  assert.equal(newsOf({ event: "queued", position: 3, reason: "the model is loading" }), "waiting, place 3 in line (the model is loading)");
  assert.equal(newsOf({ event: "progress", stage: "download", value: 512, total: 1024 }), "download 50%");
  assert.equal(newsOf({ event: "progress", stage: "prompt", value: 7, total: null }), "prompt 7");
  assert.equal(newsOf({ event: "pong" }), null);
});

test("a tool's state is its phase, then its own state and how far it has come", () => {
  assert.equal(stateOf({ phase: "ready", state: "ready", progress: null }), "ready");
  assert.equal(stateOf({ phase: "ready", state: "loading", progress: { stage: "download", value: 1, total: 3 } }), "ready (loading download 33%)");
  assert.equal(stateOf({ phase: "backoff", state: null, progress: null }), "backoff");
});

test("time that has passed", () => {
  assert.deepEqual([-5, 59_999, 3_599_000, 7_260_000, 90_000_000, Number.NaN].map(elapsed), ["0s", "59s", "59m", "2h 1m", "1d 1h", ""]);
});

test("a table has no column that is empty, and wide characters keep their room", () => {
  const rows = ["日本", "é", "abc"].map((text) => ({ cells: [{ text }, { text: "" }, { text: "x" }] }));
  assert.equal(renderTable(["A", "B", "C"], rows), "A     C\n日本  x\né     x\nabc   x\n");
});

test("what a reload has done is a table, on a terminal and elsewhere; a dry run says that nothing was", () => {
  const change = { name: "chat", kind: "recreated", fields: ["settings.model"], outcome: "rolled back", reason: "kept the settings before: no such model" };
  const gone = { name: "echo", kind: "removed", fields: [], outcome: "done", reason: "removed from tools.yaml" };
  const changes = [change, gone];
  const table = "TOOL  CHANGE     FIELDS          OUTCOME\nchat  recreated  settings.model  rolled back: kept the settings before: no such model\necho  removed                    done\n";
  for (const tty of [true, false]) assert.equal(presenterFor("supervisor", tty, styleFor(false))({ event: "reloaded", changes }), table);
  const planned = [{ ...change, outcome: "planned", reason: null }];
  assert.equal(presenterFor("supervisor", false, styleFor(false))({ event: "reloaded", dry_run: true, changes: planned }), "TOOL  CHANGE     FIELDS\nchat  recreated  settings.model\nThis is what would be done; nothing was.");
});

test("colours only on a terminal that is not dumb, and not with NO_COLOR", () => {
  assert.equal(styleFor(true, {}).bad("x"), "\u001b[31mx\u001b[0m");
  for (const [tty, env] of [[false, {}], [true, { NO_COLOR: "1" }], [true, { TERM: "dumb" }]] as const) assert.equal(styleFor(tty, env).bad("x"), "x");
});

test("on a terminal the daemon's answers are said in words, elsewhere and of other tools not", () => {
  const plain = styleFor(false);
  const present = presenterFor("supervisor", true, plain);
  const tool = entryOf("chat", "/p", { pid: 7 });
  assert.match(present({ event: "tools", tools: [tool] }) ?? "", /^NAME +STATE +PID/);
  assert.equal(present({ event: "started", tool }), "chat ready (idle) pid 7");
  assert.equal(present({ event: "tool", tool: { ...tool, phase: "failed", state: null, pid: null, reason: "no model" } }), "chat failed: no model");
  assert.equal(present({ event: "stopped", tool }), "chat is stopped");
  assert.equal(present({ event: "reloaded", changes: [] }), "nothing has changed");
  assert.equal(present({ event: "reloaded", dry_run: true, changes: [] }), "nothing would change");
  assert.equal(present({ event: "swept", removed: ["/tmp/x"] }), "removed /tmp/x");
  assert.match(present({ event: "log", entry: { time: 0, level: 40, pid: 1, msg: "a\u001b[2J", tool: "chat" } }) ?? "", /^\d\d:\d\d:\d\d WARN  a \[2J tool=chat$/);
  assert.equal(present({ event: "status", status: { version: "1.2.3", pid: 7, problems: [], memory: null } }), "version   1.2.3\npid       7\nproblems  []");
  const status = { daemon: { pid: 7, startTime: "1", started: new Date(2026, 10, 21, 9, 5).toISOString() }, config: { path: "/t.yaml", problems: ["1:1: no"] }, memory: 2 ** 26, shared: { budget: 2 ** 30, used: 2 ** 27, expected: { chat: 2 ** 27 } }, uptime: 90 };
  assert.equal(
    present({ event: "status", status }),
    "daemon  pid 7, since 2026-11-21 09:05:00\nconfig  /t.yaml not applied: 1:1: no\nmemory  64 MiB\nshared  128 MiB in use, budget 1024 MiB; needed by chat 128 MiB\nuptime  1m",
  );
  assert.match(present({ event: "status", status: tool }) ?? "", /^chat  the tool chat\n  state     ready \(idle\)\n  pid       7\n/);
  const work = { active: 3, waiting: 2, served: 40, failed: 1, rate: { value: 38.5, unit: "tokens/s" } };
  const metrics = { tools: { chat: { cpu: 12.5, memory: 2 ** 30, processes: 2, work }, echo: { cpu: 0, memory: 2 ** 24, processes: 1, work: { ...work, waiting: null, rate: null } }, old: { cpu: 0, memory: 2 ** 24, processes: 1, work: null } }, daemon: { memory: 2 ** 26 }, machine: { memory: { total: 2 ** 34, available: 2 ** 33 }, load: 20, cores: 2 }, gpus: [] };
  assert.equal(present({ event: "metrics", metrics }), [
    "NAME        CPU    MEMORY  ACTIVE  WAITING  SERVED  FAILED           RATE",
    "chat      12.5%  1024 MiB       3        2      40       1  38.5 tokens/s",
    "echo         0%    16 MiB       3               40       1",
    "old          0%    16 MiB",
    "(daemon)           64 MiB",
    "machine: 20% busy, 8192 MiB of 16384 MiB free",
  ].join("\n"));
  assert.equal(present({ event: "swept" }), null);
  assert.equal(presenterFor("supervisor", false, plain)({ event: "started", tool }), null);
  assert.equal(presenterFor("chat", true, plain)({ event: "started", tool }), null);
});

test("what tells of events as they happen may be silent for ever", () => {
  assert.equal(patienceWith("supervisor", "watch"), Number.POSITIVE_INFINITY);
  assert.equal(patienceWith("supervisor", "start"), 600_000);
  assert.equal(patienceWith("supervisor", "list"), null);
  assert.equal(patienceWith("chat", "watch"), null);
});
