import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { viewerPid as childOf } from "../view/open.ts";
import { fleet, Home } from "./open.ts";

const QUICK = "defaults: {timeouts: {drain: 1s, stop: 500ms, kill: 300ms}}\n";
const TWO = `${QUICK}tools:\n  echo: {server: echo}\n  other: {server: echo}\n`;

test("cpipe alone shows the tools of the daemon, q gives the terminal back", async (t) => {
  const { tmux } = await fleet(t, TWO);
  const rows = await tmux.until((screen) => /^echo .*\d% .*MiB/m.test(screen) && /^other +ready/m.test(screen), "both tools and what they use");
  assert.match(rows[0] ?? "", /^ pipe-tools \d.* · up \d+s .*CPU \d+% of \d+ {2}memory/);
  assert.match(rows[1] ?? "", /^NAME +STATE +MODEL +CPU +MEMORY +QUEUE +RATE +UPTIME$/);
  assert.match(rows[23] ?? "", /\? help .* q quit/);
  await tmux.press("?");
  await tmux.shows("leave here; the tools go on");
  await tmux.press("q", "q");
  const after = await tmux.shows("icanon");
  assert.deepEqual(after.filter((row) => row !== ""), ["code 0", "icanon"], "nothing of it is left on the screen");
});

test("a worker that dies is seen: its death, its restart, and what was said of it", async (t) => {
  const { home, tmux } = await fleet(t, TWO, { args: "--top", columns: 140, rows: 40 });
  await tmux.until((screen) => /^echo +ready/m.test(screen), "the tool");
  process.kill(home.entry("echo")?.pid ?? 0, "SIGKILL");
  const rows = await tmux.until((screen) => /^echo +ready \(idle\) .* 1 +\d+s .*ago: .*SIGKILL/m.test(screen), "its restart");
  assert.match(rows[1] ?? "", /RESTARTS +UPTIME +PID +LAST DEATH/);
  await tmux.press("Enter");
  await tmux.until((screen) => /Its last death\n.*SIGKILL/.test(screen) && /restarts +1/.test(screen), "its details");
  await tmux.press("q");
  await tmux.shows("NAME");
});

test("tools are stopped, started, restarted and released by keys; what fails is told in full", async (t) => {
  const { home, tmux } = await fleet(t, `${QUICK}tools:\n  bad: {command: [sh, -c, "echo out of luck; exit 3"], restart: never}\n  echo: {server: echo}\n`);
  await tmux.until((screen) => /^echo +ready/m.test(screen), "the tool");
  await tmux.press("j", "x");
  await tmux.shows("Stop echo?");
  await tmux.press("y");
  await tmux.until((screen) => /^echo +down/m.test(screen) && screen.includes("echo is stopped"), "its stop");
  await tmux.press("s");
  await tmux.until((screen) => /^echo +ready/m.test(screen), "its start");
  const { pid } = home.entry("echo") ?? {};
  await tmux.press("r");
  await tmux.until(() => home.entry("echo")?.phase === "ready" && home.entry("echo")?.pid !== pid, "another process");
  await tmux.press("k", "s");
  await tmux.shows("out of luck");
  await tmux.until((screen) => screen.includes("bad") && screen.includes("! shows all of it"), "the failure");
  await tmux.press("!");
  await tmux.until((screen) => screen.includes("what went wrong") && screen.includes("cpipe supervisor"), "all of it, with what to do");
});

test("tools.yaml is edited in the person's editor, its change and its mistakes are shown, and what a change would do", async (t) => {
  const { home, tmux } = await fleet(t, TWO, { env: { EDITOR: "sed -i s/other/third/", VISUAL: "" } });
  await tmux.until((screen) => /^other +ready/m.test(screen), "the tools");
  await tmux.press("e");
  await tmux.until((screen) => /^third +ready/m.test(screen) && !/^other/m.test(screen), "the new name");
  assert.match(readFileSync(home.config, "utf8"), /third/);
  await tmux.press("/");
  await tmux.type("thi");
  await tmux.until((screen) => /^\/thi$/m.test(screen) && !/^echo/m.test(screen), "only what has it in its name");
  await tmux.press("Escape");
  home.write(`${TWO}  more: {servr: echo}\n`);
  await tmux.until((screen) => screen.includes("tools.yaml was not applied") && screen.includes('did you mean "server"'), "the mistake");
  assert.ok((await tmux.rows(true)).some((row) => /\x1b\[31m.*was not applied/.test(row)), "in red"); // oxlint-disable-line no-control-regex
  await tmux.press("R");
  await tmux.until((screen) => screen.includes("! shows all of it"), "why it cannot be applied");
  home.write(TWO);
  await tmux.until((screen) => !screen.includes("was not applied:") && /^other +ready/m.test(screen), "all of it well");
  await tmux.press("D");
  await tmux.shows("nothing would change");
});

test("Ctrl-C while the editor has the terminal is for the editor", async (t) => {
  const { tmux } = await fleet(t, TWO, { env: { EDITOR: "echo editing; sleep 600;", VISUAL: "" } });
  await tmux.until((screen) => /^echo +ready/m.test(screen), "the tools");
  await tmux.press("e");
  await tmux.shows("editing");
  await tmux.press("C-c");
  await tmux.until((screen) => /^echo +ready/m.test(screen) && screen.includes("failed: SIGINT"), "the tools again, and what became of the editor");
});

test("logs are seen as they are written, of one tool and of all", async (t) => {
  const { home, tmux } = await fleet(t, TWO);
  await tmux.until((screen) => /^echo +ready/m.test(screen), "the tools");
  await tmux.press("l");
  await tmux.until((screen) => screen.includes("log of echo") && screen.includes("serving"), "its log");
  const lines = (screen: string): number => screen.split("serving").length - 1;
  process.kill(home.entry("echo")?.pid ?? 0, "SIGKILL");
  await tmux.until((screen) => lines(screen) === 2, "what the next process writes");
  await tmux.press("+", "+", "+");
  await tmux.until((screen) => screen.includes("warn and above") && !screen.includes("serving"), "only what is worse");
  await tmux.press("q", "L");
  await tmux.until((screen) => screen.includes("log of all") && /^other .*serving/m.test(screen), "all of them");
});

test("a daemon that comes is noticed, and so is its end, its death, its upgrade", async (t) => {
  const home = new Home(TWO);
  t.after(() => home.close());
  const tmux = home.open({ args: "--top" });
  await tmux.shows("The daemon is not running.");
  const first = await home.start();
  await tmux.until((screen) => /^echo +ready/m.test(screen), "its tools");
  first.kill("SIGTERM");
  await tmux.shows("The daemon is not running.");
  const second = await home.start();
  await tmux.until((screen) => /^echo +ready/m.test(screen), "the next one's tools");
  const { pid } = home.entry("echo") ?? {};
  assert.equal((await home.place.cpipe("supervisor", "upgrade")).code, 0);
  await tmux.press("j", "r");
  await tmux.until((screen) => /^other +ready/m.test(screen), "it goes on after an upgrade");
  assert.equal(home.entry("echo")?.pid, pid);
  const gone = once(second, "exit");
  second.kill("SIGKILL");
  await gone;
  await tmux.shows("The daemon is not running.");
  await home.start();
  await tmux.until((screen) => /^echo +ready/m.test(screen), "the one that took over");
});

test("it keeps up with the size of its terminal, and NO_COLOR leaves no colours", async (t) => {
  const { tmux } = await fleet(t, TWO, { env: { NO_COLOR: "1" } });
  await tmux.until((screen) => /^echo +ready/m.test(screen), "the tools");
  assert.doesNotMatch((await tmux.rows(true)).join("\n"), /\x1b\[(?:[\d;]*;)?[34][0-7]m/); // oxlint-disable-line no-control-regex
  await tmux.resize(40, 12);
  await tmux.until((screen, rows) => rows.length === 12 && /^echo +ready \(idle\) +\d+%/m.test(screen), "the essential");
  await tmux.resize(160, 40);
  await tmux.until((screen, rows) => rows.length === 40 && /^NAME .* LOAD .* PID/m.test(screen), "more than that");
  await tmux.resize(1, 1);
  await tmux.resize(80, 24);
  await tmux.until((screen, rows) => rows.length === 24 && /^other +ready/m.test(screen), "all of it again");
});

test("whatever ends it, the terminal is given back and no pipe is left", async (t) => {
  const { home, tmux } = await fleet(t, TWO, { args: "--top" });
  await tmux.until((screen) => /^echo +ready/m.test(screen), "the tools");
  await tmux.press("m");
  await tmux.shows("get_interface NAME");
  process.kill(await childOf(await tmux.pid()), "SIGTERM");
  const rows = await tmux.shows("icanon");
  assert.deepEqual(rows.filter((row) => row !== ""), ["code 143", "icanon"]);
  assert.deepEqual(readdirSync(home.place.pipes).filter((name) => /-\d+$/.test(name)), []);
  const another = home.open({ args: "--top" });
  await another.until((screen) => /^echo +ready/m.test(screen), "the tools again");
  await another.press("C-c");
  await another.shows("code 130");
});

test("without a terminal cpipe alone says what is missing, and --top that it needs one", async (t) => {
  const home = new Home(TWO);
  t.after(() => home.close());
  assert.match((await home.place.cpipe()).stderr, /a tool and a command are missing/);
  const top = await home.place.cpipe("--top");
  assert.deepEqual([top.code, /--top needs a terminal/.test(top.stderr)], [2, true]);
  assert.match((await home.place.cpipe("--top", "--json")).stderr, /cpipe supervisor watch -o jsonl --every 2/);
});
