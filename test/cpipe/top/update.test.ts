import assert from "node:assert/strict";
import { test } from "node:test";
import { clockIn } from "../../../cpipe/top/clock.ts";
import { initialModel, type Model, selectedTool } from "../../../cpipe/top/model.ts";
import { update } from "../../../cpipe/top/update.ts";
import { registryOf } from "../registry.ts";
import { ago, fleet, metrics, modelWith, NOW, press, textOf, tool, use } from "./fleet.ts";

const model = modelWith(80, 24);
const last = (from: Model): string => textOf(from).at(-1) ?? "";

test("keys for a tool ask the daemon for the one that was chosen, and the rest goes on meanwhile", () => {
  const [asked, effects] = press(model, "j", "r");
  assert.deepEqual(effects, [{ do: "ask", id: 1, cmd: "restart", args: { tool: "vector" } }]);
  assert.match(last(asked), /^ restarting vector …/);
  const [both, more] = press(asked, "j", "f");
  assert.deepEqual(more, [{ do: "ask", id: 2, cmd: "release", args: { tool: "tts" } }]);
  assert.match(last(both), /restarting vector, freeing the memory of tts …/);
  const [done] = update(both, { type: "done", id: 1, text: "vector ready (idle)", full: [] }, NOW);
  assert.match(last(done), /^ vector ready \(idle\)/);
  assert.match(last(press(done, "k")[0]), /freeing the memory of tts …/, "the news goes with the next key");
});

test("a tool is stopped after a question only", () => {
  const [asked, none] = press(model, "x");
  assert.deepEqual([none, last(asked)], [[], " Stop chat? y: yes, any other key: no"]);
  assert.deepEqual(press(asked, "n")[1], []);
  assert.match(last(press(asked, "n")[0]), /help/);
  const [stopping, effects] = press(asked, "y");
  assert.deepEqual(effects, [{ do: "ask", id: 1, cmd: "stop", args: { tool: "chat" } }]);
  assert.match(last(stopping), /stopping chat …/);
});

test("a failure is told in one row, and in full when that is asked for", () => {
  const reason = `tts has failed: ${"it exited with code 3: out of luck. ".repeat(9)}`;
  const [failed] = update(press(model, "s")[0], { type: "failed", id: 1, reason }, NOW);
  assert.deepEqual([failed.running, /^ ! shows all of it: tts has failed.*…$/.test(last(failed))], [[], true]);
  const [full] = press(failed, "!");
  assert.equal(textOf(full).join(" ").split("out of luck").length - 1, 9);
  assert.equal(press(full, "q")[0].page.kind, "fleet");
});

test("what a reload has changed is shown at once, unless something else is read", () => {
  const told = { type: "done", id: 1, text: "what tools.yaml would change", full: [[{ text: " echo  live  description" }]] } as const;
  const [asked, effects] = press(model, "D");
  assert.deepEqual(effects, [{ do: "ask", id: 1, cmd: "reload", args: { dry_run: true } }]);
  assert.match(textOf(update(asked, told, NOW)[0]).join("\n"), /^ what tools\.yaml would change\n echo {2}live/);
  const [reading] = press(asked, "enter");
  assert.equal(update(reading, told, NOW)[0].page.kind, "details");
});

test("a filter takes what is typed, narrows the list as it grows, and is given up with Esc", () => {
  const [typing] = press(model, "/", "t", "t");
  assert.deepEqual([textOf(typing).slice(2, 4).map((row) => row.split(" ")[0]), last(typing)], [["tts", ""], "/tt"]);
  assert.equal(selectedTool(typing)?.name, "tts");
  const [kept] = press(typing, "enter");
  assert.match(last(kept), /^ only those with tt/);
  assert.deepEqual(press(kept, "r")[1], [{ do: "ask", id: 1, cmd: "restart", args: { tool: "tts" } }]);
  assert.equal(press(kept, "escape")[0].filter, "");
  assert.equal(press(typing, "escape")[0].filter, "");
  assert.match(textOf(press(model, "/", "z", "z")[0]).join("\n"), /No tool has zz in its name/);
});

test("the selection stays with its tool when others come and go, and goes on when it is removed", () => {
  let [chosen] = press(model, "j");
  [chosen] = update(chosen, { type: "event", event: { event: "tool_removed", name: "chat" } }, NOW);
  assert.equal(selectedTool(chosen)?.name, "vector");
  [chosen] = update(chosen, { type: "event", event: { event: "tool_removed", name: "vector" } }, NOW);
  assert.equal(selectedTool(chosen)?.name, "tts");
  [chosen] = update(chosen, { type: "registry", registry: registryOf("/tmp/pipes", [tool("stt"), tool("tts")]) }, NOW);
  assert.deepEqual([chosen.tools.slice(0, 2).map(({ name }) => name), selectedTool(chosen)?.name], [["stt", "tts"], "tts"], "the order is that of tools.yaml");
});

test("the shares of a core are kept for a while, those of a tool that has no process are not", () => {
  let grown = model;
  for (let at = 0; at < 50; at++) [grown] = update(grown, { type: "event", event: { event: "metrics", metrics: { ...metrics, tools: { vector: use(at) } } } }, NOW);
  assert.deepEqual([Object.keys(grown.history), grown.history["vector"]?.length, grown.history["vector"]?.at(-1)], [["vector"], 30, 49]);
});

test("a tool may have a name that every object has something under", () => {
  const named = modelWith(80, 24, [tool("constructor"), tool("toString")]);
  assert.match(textOf(named)[2] ?? "", /^constructor +ready \(idle\)/);
  const [measured] = update(named, { type: "event", event: { event: "metrics", metrics: { ...metrics, tools: { toString: use(7) } } } }, NOW);
  assert.match(textOf(measured)[3] ?? "", /^toString .* 7%/);
  assert.equal(press(measured, "enter")[0].page.kind, "details");
  assert.match(textOf(press(measured, "enter")[0]).join("\n"), /restarts +0/);
  assert.equal(press(measured, "m")[0].page.kind, "messenger");
});

test("without a daemon nothing is asked of it; s starts the service, and what it runs is shown when it comes", () => {
  const [lost] = update(model, { type: "detached", reason: "supervisor has ended" }, NOW);
  const [alone] = update(lost, { type: "registry", registry: null }, NOW);
  assert.deepEqual([alone.tools, press(alone, "R")[1], press(alone, "s")[1]], [[], [], [{ do: "start-daemon", id: 1 }]]);
  assert.match(last(press(alone, "R")[0]), /no daemon is running/);
  const messages = [{ type: "registry", registry: registryOf("/tmp/pipes", []) }, { type: "attached" }, { type: "event", event: { event: "tool", tool: tool("new") } }] as const;
  const back = messages.reduce((before, message) => update(before, message, NOW)[0], alone);
  assert.match(textOf(back)[2] ?? "", /^new +ready/);
});

test("a registry that is gone, or written anew, ends nothing while the daemon tells of itself", () => {
  const [without] = update(model, { type: "registry", registry: null }, NOW);
  assert.deepEqual(textOf(without), textOf(model));
  const [again] = update(without, { type: "registry", registry: registryOf("/tmp/pipes", fleet) }, NOW);
  assert.deepEqual([again.attached, again.tools.length], [true, fleet.length]);
});

test("what the registry knows is shown at once, and how the daemon tells it from then on", () => {
  const registry = { type: "registry", registry: registryOf("/tmp/pipes", [tool("one"), tool("two")]) } as const;
  let [at] = update(initialModel({ columns: 80, rows: 24 }), registry, NOW);
  assert.match(textOf(at).join("\n"), /^one +ready.*\ntwo +ready[^]*\n connecting to the daemon …/m);
  for (const message of [{ type: "attached" }, { type: "event", event: { event: "tool", tool: tool("one", { phase: "down" }) } }, registry] as const) [at] = update(at, message, NOW);
  assert.deepEqual(at.tools.map(({ name, phase }) => [name, phase]), [["one", "down"], ["two", "ready"]]);
});

test("a tool that was chosen stays so while the daemon begins to tell of them, and one of which it does not tell is no more", () => {
  const messages = [{ type: "registry", registry: registryOf("/tmp/pipes", [tool("one"), tool("two"), tool("gone")]) }, { type: "key", key: { id: "j", text: "j" } }, { type: "attached" }, { type: "event", event: { event: "tool", tool: tool("one") } }] as const;
  const at = messages.reduce<Model>((before, message) => update(before, message, NOW)[0], initialModel({ columns: 80, rows: 24 }));
  assert.deepEqual(press(at, "r")[1].map((effect) => JSON.stringify(effect).includes('"two"')), [true]);
  const told = [{ type: "event", event: { event: "tool", tool: tool("two") } }, { type: "event", event: { event: "metrics", metrics } }] as const;
  assert.deepEqual(told.reduce<Model>((before, message) => update(before, message, NOW)[0], at).tools.map(({ name }) => name), ["one", "two"]);
});

test("every page is left for the one before it, and Ctrl-C, Ctrl-Z and Ctrl-L go everywhere", () => {
  for (const open of [["enter"], ["l"], ["m"], ["?"], ["x"], ["/"]]) {
    const [there] = press(model, ...open);
    for (const [key, effect] of [["ctrl-c", "interrupt"], ["ctrl-z", "suspend"], ["ctrl-l", "redraw"]] as const) assert.deepEqual(press(there, key)[1], [{ do: effect }]);
    const [back] = press(there, "escape");
    assert.deepEqual([back.page.kind, back.question], ["fleet", null], open[0]);
  }
  assert.deepEqual(press(model, "q")[1], [{ do: "quit" }]);
});

test("logs follow their end until one scrolls up; a level begins them anew", () => {
  const line = (at: number) => ({ log: "chat", entry: { time: ago(0), level: at === 50 ? "error" : "info", msg: `line ${at}` } });
  const [opened, effects] = press(model, "l");
  assert.deepEqual(effects, [{ do: "follow", log: "chat", level: "trace" }]);
  const [full] = update(opened, { type: "logged", lines: Array.from({ length: 50 }, (_, at) => line(at + 1)) }, NOW);
  assert.match(textOf(full).at(-2) ?? "", /ERROR line 50$/);
  const [up] = press(full, "up");
  const before = textOf(up).slice(0, -1);
  assert.deepEqual(textOf(update(up, { type: "logged", lines: [line(51)] }, NOW)[0]).slice(0, -1), before, "what is read stays where it is");
  const many = update(up, { type: "logged", lines: Array.from({ length: 1965 }, (_, at) => line(at + 51)) }, NOW)[0];
  assert.deepEqual(textOf(many).slice(1, -1), before.slice(1), "also when the oldest lines go");
  assert.match(textOf(press(many, "G")[0]).at(-2) ?? "", /line 2015$/);
  assert.deepEqual(press(many, "+")[1], [{ do: "follow", log: "chat", level: "debug" }]);
  assert.deepEqual(press(press(many, "+")[0], "a")[1], [{ do: "follow", log: null, level: "debug" }]);
  assert.deepEqual(press(many, "q")[1], [{ do: "unfollow" }]);
});

test("e edits the file that the daemon reads", () => {
  assert.deepEqual(press(model, "e")[1], [{ do: "edit", path: "/home/me/tools.yaml" }]);
});

test("the clock wakes when a time that is shown becomes another, and not at all where none is", () => {
  const at = (daemon: number, started: number): number | null => clockIn({ ...modelWith(80, 24, [tool("one", { started: ago(started) })]), daemon: { ...model.daemon!, started: ago(daemon) } }, NOW);
  assert.deepEqual([at(7200, 30.25), at(7200, 70), at(7199, 3600)], [1000, 50_000, 1000]);
  assert.equal(clockIn(press(model, "l")[0], NOW), null);
  assert.equal(clockIn(initialModel({ columns: 80, rows: 24 }), NOW), null);
});

test("an event that is not known changes nothing", () => {
  for (const event of [{ event: "sparkle" }, { event: "tool", tool: 3 }, { event: "metrics", metrics: null }]) assert.deepEqual(update(model, { type: "event", event }, NOW)[0], model);
  assert.equal(fleet.length, model.tools.length);
});
