import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Place } from "../../cpipe/program.ts";
import { Editor, EDITORS } from "./editor.ts";

const place = new Place();
before(() => place.serve("test/fixtures/servers/teller.ts", "chat"));
after(() => place.close());

/** Letters that neither an answer nor a terminal's escape sequences have, each typed once. */
const KEYS = "абвгдежзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЗ".split("");
const answer = (number: number): string => `bufnr('^pipe://${number} ')`;
const windowOf = (number: number): string => `bufwinid(${answer(number)})`;
const IDLE = ["pipe#status()", ""] as const;
const numbers = (count: number): string => Array.from({ length: count }, (_, at) => `${at + 1}`).join(" ");
const flat = (lines: readonly string[]): string => lines.join(" ").replaceAll(/ +/g, " ").trim();
const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

for (const name of EDITORS) {
  const opened = async (...settings: string[]): Promise<Editor> => Editor.open(name, place, settings);

  test(`${name}: :Pipe streams the answer into a window beside; the cursor stays, and the answer is in the register`, async () => {
    const editor = await opened();
    await editor.type("ihere\x1b:Pipe count 15 every 10\r");
    await editor.until("pipe#status()", "chat: answering");
    await editor.terminal.shows(/pipe:\/\/1 count 15 every 10 .*chat: answering/);
    await editor.until(...IDLE);
    assert.deepEqual(await editor.lines(answer(1)), ["1 2 3 4 5 6 7 8 9 10", "11 12 13 14 15 "]);
    assert.deepEqual(await editor.lines(), ["here"]);
    assert.equal(await editor.eval("getreg('p')"), "1 2 3 4 5 6 7 8 9 10\n11 12 13 14 15 \n");
    assert.equal(await editor.eval("getreg('\"')"), "", "what was yanked is left alone");
    await editor.close();
  });

  test(`${name}: a range goes with the question, as a code block`, async () => {
    const editor = await opened("set filetype=javascript");
    await editor.type("ione\rtwo\rthree\x1b:2,3Pipe echo\r");
    await editor.until(`getbufline(${answer(1)}, 1, '$')`, ["```javascript", "two", "three", "```"]);
    await editor.close();
  });

  test(`${name}: while an answer streams one types, moves and yanks as ever`, async () => {
    const editor = await opened();
    await editor.type("o\x1b"); // what is loaded late is loaded
    const idle: number[] = [];
    const busy: number[] = [];
    await editor.type("i");
    for (const key of KEYS.slice(0, 15)) idle.push(await editor.terminal.echo(key));
    await editor.type("\x1b:Pipe count 400 every 3\r");
    await editor.until("pipe#status()", "chat: answering");
    await editor.type("o");
    for (const key of KEYS) busy.push(await editor.terminal.echo(key));
    assert.equal(await editor.eval("pipe#status()"), "chat: answering", "it went on all the time");
    const sorted = (times: number[]): number[] => times.toSorted((a, b) => a - b);
    const [median, most] = [sorted(busy)[KEYS.length / 2] ?? 0, sorted(busy).at(-1) ?? 0];
    console.log(`${name}: a key is seen after ${sorted(idle)[7]?.toFixed(1)} ms (idle), ${median.toFixed(1)} ms (streaming), at most ${most.toFixed(1)} ms`);
    assert.ok(median < 60, `a key took ${median} ms`);
    assert.ok(most < 500, `a key took ${most} ms`);
    await editor.type("\x1byyp");
    await editor.until("[line('$'), getreg('\"')]", [4, `${KEYS.join("")}\n`]);
    await editor.until(...IDLE);
    assert.equal(flat(await editor.lines(answer(1))), numbers(400));
    assert.deepEqual(await editor.lines(), ["", KEYS.slice(0, 15).join(""), KEYS.join(""), KEYS.join("")]);
    await editor.close();
  });

  test(`${name}: an answer that comes faster than it can be read keeps no key waiting`, async () => {
    const editor = await opened();
    await editor.type(":call pipe#ask(0, 1, 1, 'say ' . repeat('word ', 6000))\r");
    await editor.until("pipe#status()", "chat: answering");
    await editor.type("i");
    const times: number[] = [];
    for (const key of KEYS) times.push(await editor.terminal.echo(key));
    console.log(`${name}: in a flood a key is seen after at most ${Math.max(...times).toFixed(1)} ms`);
    assert.ok(Math.max(...times) < 900 && (times.toSorted((a, b) => a - b)[KEYS.length / 2] ?? 0) < 150, `keys took ${times.map((ms) => Math.round(ms)).join(", ")} ms`);
    await editor.until(...IDLE);
    assert.equal((await editor.lines(answer(1))).join(), "word ".repeat(6000));
    await editor.close();
  });

  test(`${name}: the window follows while its cursor is at the end, and stays where somebody reads`, async () => {
    const editor = await opened("let g:pipe_open = 'botright 5new'");
    await editor.type(":Pipe count 300 every 2\r");
    await editor.until(`line('.', ${windowOf(1)}) > 8`, 1);
    const screen = await editor.terminal.screen();
    const status = screen.findIndex((row) => row.startsWith("pipe://1"));
    const [, at, end] = /(\d+)\/(\d+)\s*$/.exec(screen[status] ?? "") ?? [];
    assert.equal(at, end);
    assert.match(screen[status - 5] ?? "", new RegExp(`^${(Number(end) - 5) * 10 + 1} `), `the end is in sight:\n${screen.join("\n")}`);
    await editor.type("\x17jgg");
    await editor.until("[winnr(), line('.')]", [2, 1]);
    const length = Number(await editor.eval("line('$')"));
    await editor.until(`line('$') > ${length} + 3`, 1);
    assert.equal(await editor.eval("line('.')"), 1);
    await editor.type("G");
    await editor.until(...IDLE);
    assert.deepEqual(await editor.eval("[line('.') == line('$'), line('$')]"), [1, 30]);
    await editor.terminal.shows(/^291 292 .* 300/m);
    await editor.close();
  });

  test(`${name}: an answer is one undo step, whatever is done elsewhere meanwhile`, async () => {
    const editor = await opened();
    await editor.type(":Pipe count 200 every 3\r");
    await editor.until("pipe#status()", "chat: answering");
    for (const length of [3, 6, 9]) {
      await editor.until(`len(getbufline(${answer(1)}, 1, '$')) > ${length}`, 1);
      await editor.type("ox\x1b\x17j0\x17k");
    }
    await editor.until(...IDLE);
    await editor.type("\x17j");
    await editor.until("bufname() =~# '^pipe://'", 1);
    assert.equal(flat(await editor.lines()), numbers(200));
    await editor.type("u");
    await editor.until("getline(1, '$')", [""]);
    await editor.type("\x12");
    await editor.until("line('$')", 20);
    await editor.close();
  });

  test(`${name}: two answers at once do not mix`, async () => {
    const editor = await opened();
    await editor.type(":Pipe count 60 every 4\r:Pipe count 50 every 5\r");
    await editor.until("pipe#status()", "chat: answering, chat: answering");
    await editor.until(...IDLE);
    assert.equal(flat(await editor.lines(answer(1))), numbers(60));
    assert.equal(flat(await editor.lines(answer(2))), numbers(50));
    await editor.close();
  });

  test(`${name}: :PipeStop stops it on the server; what has come stays`, async () => {
    const editor = await opened();
    await editor.type(":Pipe hold\r");
    await editor.until(`getbufline(${answer(1)}, 1, '$')`, ["one "]);
    await editor.type(":PipeStop\r");
    await editor.until(...IDLE);
    assert.deepEqual(await editor.lines(answer(1)), ["one "]);
    assert.equal(await editor.eval("getreg('p')"), "");
    await editor.terminal.shows(/pipe: stopped/);
    await editor.type(":PipeStop\r");
    await editor.until("execute('messages') =~# 'nothing is under way'", 1);
    await editor.close();
  });

  test(`${name}: the status line tells that a request waits its turn; wiping out the buffer of an answer stops that one alone`, async () => {
    const editor = await opened("set statusline=[%{pipe#status()}]");
    await editor.type(":Pipe queue\r");
    await editor.until("pipe#status()", "chat: queued (2)");
    await editor.terminal.shows(/^\[chat: queued \(2\)\]/m);
    await editor.type(":Pipe count 100000 every 3\r");
    await editor.until("pipe#status() =~# 'answering'", 1);
    await editor.type(`:execute 'bwipeout!' ${answer(2)}\r`);
    await editor.until("pipe#status()", "chat: queued (2)");
    assert.equal(await editor.eval("v:errmsg"), "");
    await editor.close();
  });

  test(`${name}: one process serves all requests, and ends with the editor`, async () => {
    const editor = await opened();
    await editor.type(":Pipe say a\r");
    await editor.until(`getbufline(${answer(1)}, 1, '$')`, ["a"]);
    const pid = Number(await editor.eval("pipe#job#pid()"));
    await editor.type(":Pipe say b\r");
    await editor.until(`getbufline(${answer(2)}, 1, '$')`, ["b"]);
    assert.equal(await editor.eval("pipe#job#pid()"), pid);
    await editor.type(":qa!\r");
    while (alive(pid)) await new Promise(setImmediate);
    await editor.close();
  });
}
