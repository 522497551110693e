import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, lstatSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { Place } from "../program.ts";
import { OllamaLike } from "./ollama.ts";
import { open, send, tokens, writer } from "./open.ts";

let place: Place;
before(() => void (place = new Place()));
after(() => place.close());

const numbered = (count: number): string => Array.from({ length: count }, (_, at) => `row ${at + 1}\n`).join("");

test("the seed's own line shows the answer while it comes, and gives the shell back when it has come", async (t) => {
  const { tmux, socket } = await open(t);
  await using server = await OllamaLike.start(["Hello", "!", " How", " can", " I", " assist", " you", " today", "?"]);
  const line = `curl -s http://${server.host}/api/chat --no-buffer -d '{"model": "phi4:latest", "messages": [{"role": "user", "content": "hello"}]}' | nc -U ${socket}`;
  const ended = place.shell(line);
  const rows = await tmux.until((screen) => screen.includes("today?") && screen.includes("1 writing"), "the answer, still being written");
  assert.equal(rows[0], "Hello! How can I assist you today?");
  server.finish();
  assert.deepEqual(await ended, { code: 0, signal: null, stdout: "", stderr: "" });
  await tmux.shows("0 writing");
  assert.match(server.asked[0] ?? "", /^POST \/api\/chat .*hello/);
});

test("at 80×24 and at other sizes the screen is as it should be", async (t) => {
  const { tmux, socket } = await open(t);
  assert.equal(lstatSync(socket).mode & 0o777, 0o600);
  assert.equal(lstatSync(dirname(socket)).mode & 0o777, 0o700);
  const words = "All human beings are born free and equal in dignity and rights. 人人生而自由，在尊严和权利上一律平等。They are endowed with reason.";
  await send(socket, tokens(words, "\n\n\x1b]0;evil\x07tab\there e\u0301"));
  await send(socket, '{"response":"The sky","done":false}\n{"error":"out of memory"}\n');
  const status = (columns: number, text: string): string => text.padEnd(columns - 15) + "? help  q quit";
  assert.deepEqual(await tmux.until((screen) => screen.includes("out of memory") && screen.includes("0 writing"), "both answers"), [
    "All human beings are born free and equal in dignity and rights. 人人生而自由，在",
    "尊严和权利上一律平等。They are endowed with reason.",
    "",
    "␛]0;evil␇tab    here e\u0301",
    `── 2 ${"─".repeat(75)}`,
    "The sky",
    "out of memory",
    ...Array.from({ length: 16 }, () => ""),
    status(80, " following · 0 writing · 5 lines · 100 %"),
  ]);
  await tmux.resize(30, 8);
  assert.deepEqual(await tmux.until((screen, rows) => rows.length === 8 && screen.includes("5 li…"), "the smaller screen"), [
    "权利上一律平等。They are",
    "endowed with reason.",
    "",
    "␛]0;evil␇tab    here e\u0301",
    `── 2 ${"─".repeat(25)}`,
    "The sky",
    "out of memory",
    " following · 0 writing · 5 li…",
  ]);
  await tmux.resize(200, 50);
  assert.equal((await tmux.until((_, rows) => rows.length === 50 && rows[0]?.endsWith("reason.") === true, "the larger screen"))[49], status(200, " following · 0 writing · 5 lines · 100 %"));
  await tmux.resize(1, 1);
  await tmux.resize(80, 24);
  await tmux.until((screen, rows) => rows.length === 24 && screen.includes("The sky") && screen.includes("following"), "all of it again");
});

test("it follows the end until one scrolls up, and again from the end on", async (t) => {
  const { tmux, socket } = await open(t);
  const connection = await writer(socket);
  connection.write(numbered(100));
  await tmux.shows("row 100");
  await tmux.press("k");
  const before = await tmux.until((screen) => screen.includes("stopped") && screen.includes("row 99") && !screen.includes("row 100"), "a row less");
  connection.write("row 101\nrow 102\n");
  assert.deepEqual((await tmux.shows("102 lines")).slice(0, 23), before.slice(0, 23), "what is read stays where it is");
  await tmux.press("PPage");
  assert.equal((await tmux.until((_, rows) => rows[0] !== before[0], "a page up"))[0], "row 55");
  await tmux.press("g");
  assert.equal((await tmux.until((_, rows) => rows[0] === "row 1", "the beginning"))[22], "row 23");
  await tmux.press("Space", "d", "Down");
  await tmux.until((_, rows) => rows[0] === "row 36", "22, 12 and 1 rows further");
  await tmux.press("G");
  await tmux.until((screen) => screen.includes("following") && screen.includes("row 102"), "the end");
  connection.end("row 103\n");
  await tmux.shows("row 103");
});

test("it searches, with the matches marked, and goes on at the other end", async (t) => {
  const { tmux, socket } = await open(t);
  await send(socket, `The needle\n${numbered(60)}a Needle and a needle\n${numbered(60)}`);
  await tmux.shows("row 60");
  await tmux.press("/");
  await tmux.type("needlx");
  await tmux.press("BSpace", "e", "Enter");
  await tmux.until((screen) => screen.includes("went on from the beginning") && screen.includes("The needle"), "the first match");
  assert.ok((await tmux.rows(true)).some((row) => /The \x1b\[30m\x1b\[46mneedle/.test(row)), "it is marked"); // oxlint-disable-line no-control-regex
  await tmux.press("n");
  await tmux.until((screen) => screen.includes("a Needle and a needle"), "the second one");
  await tmux.press("n", "n");
  await tmux.until((screen) => screen.includes("The needle") && screen.includes("went on"), "the first one again");
  await tmux.press("N");
  await tmux.until((screen) => screen.includes("a Needle") && screen.includes("went on from the end"), "the last one");
  await tmux.press("/");
  await tmux.type("no such");
  await tmux.press("Enter");
  await tmux.shows("not found");
});

test("y copies the last answer, c its last code, w writes it to a file that is not there yet", async (t) => {
  const { tmux, socket, at } = await open(t);
  const file = join(at.root, "home/answer.md");
  await send(socket, "an older one\n");
  await send(socket, tokens("Try this – 世界:\n", "```sh\nls -l", "\x1b[0m\n```\n", "Done."));
  await tmux.shows("Done.");
  await tmux.press("y");
  await tmux.shows("handed the answer to the terminal's clipboard");
  assert.equal(await tmux.clipboard(), "Try this – 世界:\n```sh\nls -l[0m\n```\nDone.");
  await tmux.press("c");
  await tmux.shows("handed the code block");
  assert.equal((await tmux.clipboard()).trim(), "ls -l[0m");
  for (const said of ["wrote", "is there already"]) {
    await tmux.press("w");
    await tmux.shows("write to:");
    await tmux.type("~/answer.md");
    await tmux.press("Enter");
    await tmux.shows(said);
    assert.equal(readFileSync(file, "utf8"), "Try this – 世界:\n```sh\nls -l\x1b[0m\n```\nDone.\n");
  }
});

test("a clipboard program gets the text where there is one", async (t) => {
  const display = spawn("Xvfb", ["-displayfd", "3", "-nolisten", "tcp", "-noreset"], { stdio: ["ignore", "ignore", "ignore", "pipe"] });
  t.after(() => void display.kill());
  const [number] = (await once(display.stdio[3] as NodeJS.ReadableStream, "data")) as [Buffer];
  const DISPLAY = `:${number.toString().trim()}`;
  const { tmux, socket } = await open(t, { env: { DISPLAY } });
  await send(socket, "for the clipboard");
  await tmux.shows("for the clipboard");
  await tmux.press("y");
  await tmux.shows("copied the answer with xclip, 17 characters");
  assert.equal((await place.shell("xclip -selection clipboard -o", { DISPLAY })).stdout, "for the clipboard");
});

test("two writers at once have an answer each", async (t) => {
  const { tmux, socket } = await open(t);
  const [one, two] = [await writer(socket), await writer(socket)];
  for (const word of ["alpha ", "beta ", "gamma"]) {
    one.write(tokens(word));
    await tmux.shows(word.trim());
    two.write(tokens(word.toUpperCase()));
    await tmux.shows(word.trim().toUpperCase());
  }
  const rows = await tmux.shows("2 writing");
  assert.deepEqual([rows[0], rows[2]], ["alpha beta gamma", "ALPHA BETA GAMMA"]);
  one.destroy();
  two.destroy();
});

test("what is piped in is shown, and keys come from the terminal", async (t) => {
  const { tmux, socket } = await open(t, { pipe: "echo piped |", args: "-", wait: "1 line" });
  await tmux.shows("piped");
  assert.ok(!existsSync(socket), "no socket is needed for it");
  await tmux.press("?");
  await tmux.shows("copy the last code block");
  await tmux.press("q", "q");
  await tmux.shows("code 0");
  const file = await open(t, { pipe: "seq 50 > numbers;", args: "< numbers" });
  await file.tmux.shows("50 lines");
  await send(file.socket, "and by the socket\n");
  await file.tmux.shows("and by the socket");
  const none = await open(t, { args: "-", wait: "code" });
  await none.tmux.shows("code 2");
});

test("NO_COLOR leaves no colours", async (t) => {
  const { tmux, socket } = await open(t, { env: { NO_COLOR: "1" } });
  await send(socket, '{"error":"red alert"}');
  await tmux.shows("red alert");
  assert.doesNotMatch((await tmux.rows(true)).join("\n"), /\x1b\[(?:[\d;]*;)?[34][0-7]m/); // oxlint-disable-line no-control-regex
});

test("a live socket is left alone, a stale one is replaced, anything else stays", async (t) => {
  const { socket } = await open(t);
  const other = await open(t, { args: socket, wait: "code" });
  await other.tmux.shows("code 1");
  await other.tmux.shows("is already running");
  await send(socket, "still there\n");

  const stale = join(place.root, "stale.sock");
  const dead = spawn(process.execPath, ["-e", `require("net").createServer().listen(${JSON.stringify(stale)}, () => process.kill(process.pid, "SIGKILL"))`]);
  await once(dead, "exit");
  assert.ok(lstatSync(stale).isSocket());
  const third = await open(t, { args: stale });
  await send(stale, "on the same path\n");
  await third.tmux.shows("on the same path");

  const file = join(place.root, "precious");
  writeFileSync(file, "text");
  const fourth = await open(t, { args: file, wait: "code 1" });
  await fourth.tmux.shows("it was left alone");
  assert.equal(readFileSync(file, "utf8"), "text");
});

test("without a terminal it says so", async () => {
  const { code, stderr } = await place.cpipe("--view");
  assert.equal(code, 2);
  assert.match(stderr, /^cpipe: --view needs a terminal/);
  assert.equal((await place.cpipe("--view", "--json")).code, 2);
});

test("a hundred thousand lines, and a key among them, are shown at once", async (t) => {
  const { tmux, socket } = await open(t);
  const started = performance.now();
  await send(socket, Array.from({ length: 100_000 }, (_, at) => `row ${at + 1}: ${"lorem ipsum ".repeat(8)}\n`).join(""));
  await tmux.shows("row 100000:");
  await tmux.press("g");
  await tmux.until((_, rows) => rows[0]?.startsWith("row 1:") === true, "the beginning");
  t.diagnostic(`${Math.round(performance.now() - started)} ms`);
  assert.ok(performance.now() - started < 10_000);
});
