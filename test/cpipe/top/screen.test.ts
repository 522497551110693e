import assert from "node:assert/strict";
import { test } from "node:test";
import { widthOf } from "../../../cpipe/terminal/width.ts";
import { sparkline } from "../../../cpipe/top/columns.ts";
import { initialModel, type Model } from "../../../cpipe/top/model.ts";
import { paintFor } from "../../../cpipe/top/paint.ts";
import { painted, wrapped } from "../../../cpipe/top/row.ts";
import { update } from "../../../cpipe/top/update.ts";
import { ago, fleet, modelWith, NOW, press, rowsOf, textOf, tool, widthsOf } from "./fleet.ts";

const HINTS = " ? help  enter more  l log  m message  s x r start stop restart  q quit";
const blank = (count: number): string[] => Array.from({ length: count }, () => "");

test("at 80×24 the essential is there, with what is long below it", () => {
  assert.deepEqual(textOf(modelWith(80, 24)), [
    " pipe-tools 1.2.3 · up 2h 5m             CPU 51% of 8  memory 6.8 GiB of 16 GiB",
    "NAME               STATE              CPU  MEMORY QUEUE     RATE RESTARTS UPTIME",
    "chat               ready (inferring)  93% 1.5 GiB   1+2 41 tok/s        2     3m",
    "vector             ready (loading)     0% 120 MiB                             3m",
    "  download ██████████████░░░░░░ 70%  700 MiB of 1000 MiB",
    "tts                failed",
    "  why: it exited with code 3: out of luck; more than 8 deaths within 60 s",
    "stt                resting",
    "言語モデルと音声…  ready (idle)                                               3m",
    ...blank(14),
    HINTS,
  ]);
});

test("with room for one row, it is that of the tool that was chosen", () => {
  assert.deepEqual(textOf(modelWith(30, 3)).map((row) => row.split(" ")[0] || row.trim().slice(0, 6)), ["pipe-t", "chat", "? help"]);
  assert.match(textOf(press(modelWith(30, 3), "j")[0])[1] ?? "", /^vector/);
});

test("at 120×40 there is more, and what is wrong with tools.yaml comes first", () => {
  const rows = textOf(modelWith(120, 40, fleet, ['/home/me/tools.yaml:146:11: unknown key "servr" in tools.third; did you mean "server"?', "b", "c", "d"]));
  assert.deepEqual(rows.slice(0, 8), [
    " pipe-tools 1.2.3 · up 2h 5m · /home/me/tools.yaml                               CPU 51% of 8  memory 6.8 GiB of 16 GiB",
    " tools.yaml was not applied:",
    '   /home/me/tools.yaml:146:11: unknown key "servr" in tools.third; did you mean "server"?',
    "   b",
    "   c",
    "   and 1 more",
    "NAME           STATE              MODEL      CPU   MEMORY  QUEUE      RATE  RESTARTS  UPTIME   PID  LAST DEATH",
    "chat           ready (inferring)  hf:Qwen…   93%  1.5 GiB    1+2  41 tok/s         2      3m  4711  1m ago: crash (SIGK…",
  ]);
  assert.equal(rows.length, 40);
});

test("at 40×12 a name and a state are there, whatever has to go", () => {
  assert.deepEqual(textOf(modelWith(40, 12)), [
    " pipe-tools 1.2.3 · up 2h 5m",
    "NAME              STATE              CPU",
    "chat              ready (inferring)  93%",
    "vector            ready (loading)     0%",
    "  download ██████████████░░░░░░ 70%  70…",
    "tts               failed",
    "  why: it exited with code 3: out of lu…",
    "stt               resting",
    "言語モデルと音声… ready (idle)",
    ...blank(2),
    " ? help  enter more  l log  m message  …",
  ]);
});

test("at 210 columns a death is told in its own words", () => {
  const [, head, chat] = textOf(modelWith(210, 15, fleet.slice(0, 4)));
  assert.match(head ?? "", /^NAME +STATE +MODEL +CPU +LOAD +MEMORY +QUEUE +RATE +SERVED +FAILED +RESTARTS +UPTIME +PID +LAST DEATH$/);
  assert.match(chat ?? "", /hf:Qwen\/Qwen2.5-1.5B-Instruct-GGUF:Q4_K_M .* 93% +█ .* 41 +1 +2 +3m +4711 +1m ago: crash \(SIGKILL\), it was killed \(SIGKILL\)$/);
});

/** Every page in every size: what cannot be shown is left out, and nothing goes over the edge. */
test("no row is ever wider than the terminal, and there are as many as it has", () => {
  const evil = tool("evil", { state: "ok\x1b[2J", description: "\x1b]0;title\x07\n\u202e", model: "\t🏳️‍🌈".repeat(64), reason: "\x9b31m".repeat(99), phase: "backoff", interfaces: [{ name: "x\x1b[", description: "", events: [], commands: [{ name: "do\x1b[m", description: "d".repeat(200), args: [{ name: "much\x1b", type: "string", description: "e".repeat(99), required: true, default: null }] }] }] });
  for (const [columns, rows] of [[80, 24], [40, 12], [1, 1], [2, 3], [9, 2], [33, 7], [161, 50]] as const) {
    const start = press(modelWith(columns, rows, [...fleet, evil]), "G")[0];
    const pages: Model[] = [start, ...["enter", "l", "?", "/", "x"].map((key) => press(start, key)[0]), press(start, "m")[0], press(start, "m", "enter", "a", "b", "ctrl-s")[0], initialModel({ columns, rows })];
    for (const model of pages) {
      assert.ok(widthsOf(model) <= columns, `${columns}×${rows} ${model.page.kind}: ${textOf(model).join("\n")}`);
      assert.equal(rowsOf(model).length, rows);
      // oxlint-disable-next-line no-control-regex -- it is what must not be there
      assert.doesNotMatch(textOf(model).join(""), /[\x00-\x1f\x7f-\x9f\u202a-\u202e]/);
    }
  }
});

test("of a hundred tools the one that was chosen is always seen", () => {
  const names = Array.from({ length: 100 }, (_, at) => `tool${at}`);
  let model = modelWith(80, 24, names.map((name) => tool(name)));
  assert.equal(textOf(model)[2]?.startsWith("tool0 "), true);
  for (const name of names) {
    const chosen = rowsOf(model).filter((row) => row.startsWith("\x1b[7m")).slice(0, -1);
    assert.deepEqual(chosen.map((row) => row.slice(4).split(" ")[0]), [name]);
    model = press(model, "j")[0];
  }
  assert.match(textOf(model).at(-2) ?? "", /^tool99 /);
  assert.match(textOf(press(model, "page-up")[0]).join("\n"), /^tool79 /m);
  assert.match(textOf(press(model, "g")[0])[2] ?? "", /^tool0 /);
});

test("names and models of 64 wide characters leave room for the state", () => {
  const rows = textOf(modelWith(80, 24, [tool("名".repeat(64), { model: "模".repeat(64) })]));
  assert.match(rows[2] ?? "", /^名+… +ready \(idle\) .*3m$/);
  assert.ok(rows.every((row) => widthOf(row) <= 80));
});

test("without a daemon it says how to start one", () => {
  assert.match(textOf(initialModel({ columns: 80, rows: 24 })).join("\n"), /The daemon is not running\.[^]*pipe-tools[^]*cpipe --install-service[^]*s start/);
});

test("a daemon that does not answer is told of, and what is known stays", () => {
  const [model] = update(modelWith(80, 24), { type: "detached", reason: "no answer from supervisor within 10 s" }, NOW);
  assert.match(textOf(model).join("\n"), /^chat +ready[^]*\n connecting to the daemon: no answer/m);
});

test("details tell everything of a tool, its last deaths first", () => {
  const [model] = press(modelWith(80, 40), "enter");
  const text = textOf(model).join("\n");
  for (const fact of [/state +ready \(inferring\)/, /pid +4711/, /cpu +93% of a core/, /requests +1\+2 under way, 41 answered, 1 failed/, /rate +41 tok\/s/, /Its last death\n.*1m ago {2}crash \(SIGKILL\), after 5s: it was killed/]) assert.match(text, fact);
  const [changed] = update(model, { type: "event", event: { event: "tool", tool: tool("chat", { phase: "stopping", deaths: [] }) } }, NOW);
  assert.match(textOf(changed).join("\n"), /state +stopping/, "and they go on with it");
  const [gone] = update(model, { type: "event", event: { event: "tool_removed", name: "chat" } }, NOW);
  assert.match(textOf(gone).join("\n"), /chat is no longer in tools\.yaml/);
});

test("what is longer than the screen is scrolled, and stays within its ends", () => {
  const deaths = Array.from({ length: 10 }, (_, at) => ({ at: ago(1000 - at), cause: "crash" as const, code: 1, signal: null, what: `death ${at}`, ran: null }));
  const [model] = press(modelWith(60, 8, [tool("one", { deaths })]), "enter");
  const [end] = press(model, "end", "down", "down");
  assert.match(textOf(end).join("\n"), /death 0/);
  assert.deepEqual(textOf(press(end, "home", "up")[0]), textOf(model));
});

test("rows are cut where the terminal ends, and broken where there is more room below", () => {
  const paint = paintFor({ NO_COLOR: "1" });
  assert.equal(painted([{ text: "abc", tint: "faint" }, { text: "def" }], 6, paint), "\x1b[2mabc\x1b[0mdef");
  assert.equal(painted([{ text: "abc" }, { text: "def" }], 5, paint), "abcd…");
  assert.equal(painted([{ text: "abc" }, { text: "def" }], 3, paint), "ab…");
  assert.equal(painted([{ text: "世界世界" }], 4, paint), "世…");
  assert.equal(painted([{ text: "x\x1b[31m\ty" }], 9, paint), "x␛[31m y");
  const broken = wrapped([{ text: "one two", tint: "bad" }, { text: " three\nfour", tint: "good" }], 8);
  assert.deepEqual(broken, [[{ text: "one two", tint: "bad" }], [{ text: "three", tint: "good" }], [{ text: "four", tint: "good" }]]);
});

test("a sparkline counts from nothing to a whole core, and to more where more was used", () => {
  assert.deepEqual([sparkline([0, 50, 100]), sparkline([0, 100, 800])], ["▁▅█", "▁▂█"]);
});
