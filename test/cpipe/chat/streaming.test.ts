import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { filled, type Opened, openShell, run, runAnew } from "./open.ts";

const TELLER = "test/fixtures/servers/teller.ts";

async function talk(t: Parameters<typeof openShell>[0], options?: Parameters<typeof openShell>[1]): Promise<Opened & { server: Awaited<ReturnType<Opened["at"]["serve"]>> }> {
  const opened = await openShell(t, options);
  const server = await opened.at.serve(TELLER);
  await run(opened.tmux, "cpipe chat; stty -a | grep -o -- '-*icanon'");
  await opened.tmux.shows("/help says what there is");
  return { ...opened, server };
}

const numbers = (rows: readonly string[]): number[] => rows.filter((row) => /^[\d ]+$/.test(row)).join(" ").trim().split(/\s+/).map(Number);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

test("what is typed while an answer comes is seen below it and kept for the next turn", async (t) => {
  const { tmux } = await talk(t);
  await run(tmux, "hold");
  await tmux.shows("one\n\n>");
  await tmux.type("say my next");
  await tmux.shows("one\n\n> say my next");
  await tmux.press("Enter");
  await tmux.shows("one\n\nthe answer is still coming; Ctrl-C stops it\n> say my next");
  await tmux.press("C-c");
  await tmux.shows("one\n(stopped)\n\n> say my next");
  await tmux.press("Enter");
  await tmux.shows("my next\n\n>");
});

test("Ctrl-C stops the answer, which stays as far as it came; Ctrl-C again leaves, and the terminal is as it was", async (t) => {
  const { tmux, at } = await talk(t);
  await run(tmux, "count 1000 every 20");
  await tmux.shows("5 6 7");
  await tmux.press("C-c");
  await tmux.shows("(stopped)\n\n>");
  await run(tmux, "history");
  await tmux.shows('"assistant","1 2 3 4 5 6 7');
  await tmux.press("C-c");
  await tmux.until((screen) => /continue with: cpipe chat -c\nicanon\n\$/.test(screen), "the shell, with its terminal as it was");
  const { stdout } = await at.shell("cpipe --conversations $(cpipe --conversations --json | grep -o '\"name\":\"[^\"]*' | cut -d'\"' -f4) --json | grep -c '\"stopped\":true'", {});
  assert.equal(stdout.trim(), "1");
});

test("an answer longer than the screen scrolls up whole, also while the terminal changes its size", async (t) => {
  const { tmux } = await talk(t);
  await run(tmux, "count 600 every 2");
  await tmux.shows("40\n");
  for (const [columns, rows] of [[40, 12], [100, 30], [50, 20], [80, 24]] as const) await tmux.resize(columns, rows);
  await tmux.shows("600\n\n>");
  assert.deepEqual(numbers(await tmux.scrollback()), upTo(600));
});

test("at 40 by 12 long lines wrap, and a text that is longer than the screen can be edited", async (t) => {
  const { tmux } = await talk(t, { columns: 40, rows: 12 });
  await tmux.type("say The quick brown fox jumps over the lazy dog and runs away");
  assert.deepEqual(filled(await tmux.shows("away")).slice(-2), ["> say The quick brown fox jumps over the", "   lazy dog and runs away"]);
  await tmux.press("Up");
  await tmux.type("XY");
  await tmux.shows("fox");
  await tmux.press("C-u", "C-k");
  await tmux.paste(upTo(30).map((number) => `line ${number}`).join("\n"));
  const rows = await tmux.shows("line 30");
  assert.ok(!rows.join("\n").includes("line 10\n"), "the rows around the cursor only");
  await tmux.press("C-c");
  await tmux.until((screen) => !screen.includes("line 30"), "nothing written");
  await run(tmux, "say The quick brown fox jumps over the lazy dog");
  await tmux.shows("The quick brown fox jumps over the lazy\ndog\n\n>");
});

test("several lines are one message, by Alt-Enter, Ctrl-J, a backslash, or a paste", async (t) => {
  const { tmux } = await talk(t);
  await tmux.type("history");
  await tmux.press("M-Enter");
  await tmux.type("two");
  await tmux.press("C-j");
  await tmux.type("three\\");
  await tmux.press("Enter");
  await tmux.paste("four\nfive");
  await tmux.shows("> history\n  two\n  three\n  four\n  five");
  await tmux.press("Enter");
  await tmux.shows("there is no order 'history");
});

test("what was sent comes back by Up and Ctrl-R, also in the next conversation", async (t) => {
  const { tmux } = await talk(t);
  await run(tmux, "say alpha");
  await tmux.shows("alpha\n\n>");
  await run(tmux, "say beta");
  await tmux.shows("beta\n\n>");
  await tmux.press("C-d");
  await tmux.shows("continue with");
  await runAnew(tmux, "cpipe chat");
  await tmux.shows("/help says what there is");
  await tmux.press("Up", "Up");
  await tmux.shows("> say alpha");
  await tmux.press("Down", "Down");
  await tmux.press("C-r");
  await tmux.type("alp");
  await tmux.shows("> say alpha\nsearch: alp");
  await tmux.press("Enter");
  await tmux.shows("alpha\n\n>");
});

test("the worker is killed in the middle of an answer: that is said, and another answer can be had", async (t) => {
  const { tmux, at, server } = await talk(t);
  await run(tmux, "hold");
  await tmux.shows("one\n\n>");
  server.kill("SIGKILL");
  await tmux.shows("one\nchat stopped before it had answered\n(/retry asks again)\n\n>");
  await at.serve(TELLER);
  await run(tmux, "/retry");
  await tmux.shows("> /retry\none\n\n>");
  await tmux.press("C-c");
  await tmux.shows("(stopped)\n\n>");
  await run(tmux, "history");
  await tmux.shows('[["user","hold"],["assistant","one "],["user","history"]]');
});

test("a message to a tool that is gone is answered when it is back", async (t) => {
  const { tmux, at, server } = await talk(t);
  const gone = once(server, "exit");
  server.kill("SIGTERM");
  await gone;
  await run(tmux, "say hello");
  await tmux.shows("(/retry asks again)");
  await at.serve(TELLER);
  await run(tmux, "/retry");
  await tmux.shows("hello\n\n>");
});

test("cpipe itself is killed in the middle of an answer: what was shown is kept", async (t) => {
  const { tmux, at } = await talk(t);
  await run(tmux, "count 1000 every 20");
  await tmux.shows("18 19 20");
  const { stdout } = await at.cpipe("--conversations", "--json");
  const [latest] = (JSON.parse(stdout) as { conversations: Array<{ name: string }> }).conversations;
  const kept = async () => (JSON.parse((await at.cpipe("--conversations", latest?.name ?? "", "--json")).stdout) as { turns: Array<{ content: string; stopped?: boolean }> }).turns[1];
  const isThere = /^1 2 3 4 5 6 7 8 9 10\n11/;
  // On a busy machine what is shown may reach the file a while later; the answer goes on meanwhile.
  for (let tries = 0; tries < 100 && !isThere.test((await kept())?.content ?? ""); tries++);
  const shell = await tmux.pid();
  process.kill(Number(readFileSync(`/proc/${shell}/task/${shell}/children`, "utf8").trim()), "SIGKILL");
  await tmux.until((screen) => screen.trimEnd().endsWith("$"), "the shell");
  const answer = await kept();
  assert.match(answer?.content ?? "", isThere);
  assert.equal(answer?.stopped, true);
});

test("a signal in the middle of an answer gives the terminal back, and what has come is kept", async (t) => {
  const { tmux, at } = await talk(t);
  await run(tmux, "count 1000 every 20");
  await tmux.shows("5 6 7");
  const shell = await tmux.pid();
  process.kill(Number(readFileSync(`/proc/${shell}/task/${shell}/children`, "utf8").trim()), "SIGTERM");
  await tmux.until((screen) => /continue with: cpipe chat -c\n(Terminated\n)?icanon\n\$/.test(screen), "the shell, with its terminal as it was");
  const { stdout } = await at.shell("cpipe --conversations $(cpipe --conversations --json | grep -o '\"name\":\"[^\"]*' | cut -d'\"' -f4)");
  assert.match(stdout, /## assistant \(stopped\)\n\n1 2 3 4 5 6 7/);
});

test("where nothing can be kept, that is said, and what was written can be sent again", async (t) => {
  const { tmux, at } = await talk(t);
  rmSync(join(at.root, "state"), { recursive: true, force: true });
  writeFileSync(join(at.root, "state"), "in the way");
  await run(tmux, "say hello");
  await tmux.until((screen) => screen.includes("ENOTDIR") && screen.trimEnd().endsWith("> say hello"), "why, and the message again");
  rmSync(join(at.root, "state"));
  await tmux.press("Enter");
  await tmux.shows("hello\n\n>");
});

test("Ctrl-Z gives the shell the terminal, and fg the conversation", async (t) => {
  const { tmux } = await talk(t);
  await tmux.type("say half");
  await tmux.shows("> say half");
  await tmux.press("C-z");
  await tmux.until((screen) => /Stopped/.test(screen) && screen.trimEnd().endsWith("$"), "the shell");
  await run(tmux, "fg");
  await tmux.until((screen) => screen.trimEnd().endsWith("> say half"), "the conversation");
  await tmux.press("Enter");
  await tmux.shows("half\n\n>");
});

test("news of a request is a line that goes, a figure one that is asked for", async (t) => {
  const { tmux } = await talk(t);
  await run(tmux, "queue");
  await tmux.shows("waiting, place 2 in line (others are first)\n>");
  await tmux.press("C-c");
  const rows = await tmux.shows("(stopped; /retry asks again)");
  assert.ok(!rows.join("\n").includes("place 2"));
  await run(tmux, "/stats");
  await tmux.shows("figures are told below each answer");
  await tmux.press("C-l");
  await tmux.until((screen) => screen.trim() === ">", "an empty screen");
});
