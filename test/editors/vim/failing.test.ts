import assert from "node:assert/strict";
import { type ChildProcess, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Place, root } from "../../cpipe/program.ts";
import { Editor, EDITORS } from "./editor.ts";

const place = new Place();
let chat: ChildProcess;
const serve = async (): Promise<void> => void (chat = await place.serve("test/fixtures/servers/teller.ts", "chat"));
before(serve);
after(() => place.close());

const answer = (number: number): string => `getbufline(bufnr('^pipe://${number} '), 1, '$')`;
const IDLE = ["pipe#status()", ""] as const;

/** No prompt holds the editor up: it is in Normal mode and takes keys. */
async function isFree(editor: Editor): Promise<void> {
  assert.doesNotMatch((await editor.terminal.screen()).join("\n"), /Press ENTER|-- More --/);
  await editor.type("ifree\x1b");
  await editor.until("[getline('.'), mode()]", ["free", "n"]);
}

for (const name of EDITORS) {
  test(`${name}: a server that is killed in the middle of an answer ends it with a sentence; the next request finds its successor`, async () => {
    const editor = await Editor.open(name, place);
    await editor.type(":Pipe die\r");
    await editor.until("v:errmsg =~# 'chat stopped before it had answered'", 1);
    await editor.until(...IDLE);
    assert.deepEqual(await editor.eval(answer(1)), ["one "]);
    await isFree(editor);
    if (chat.exitCode === null && chat.signalCode === null) await once(chat, "close");
    await editor.type(":Pipe say x\r");
    await editor.until("v:errmsg =~# \"there is no tool 'chat'\\\\|chat stopped\"", 1);
    await serve();
    await editor.type(":Pipe say again\r");
    await editor.until(answer(3), ["again"]);
    await editor.close();
  });

  test(`${name}: a message that is longer than the screen is wide stops nobody; all of it is in :messages`, async () => {
    const editor = await Editor.open(name, place);
    await editor.type(`:PipeTool nobody ping\r`);
    await editor.until("v:errmsg =~# \"there is no tool 'nobody'\"", 1);
    assert.ok(String(await editor.eval("v:errmsg")).length > 80);
    assert.equal(await editor.eval("stridx(execute('messages'), v:errmsg) >= 0"), 1);
    await isFree(editor);
    await editor.close();
  });

  test(`${name}: without cpipe it is said how to get it; it is looked for again with the next request`, async () => {
    const editor = await Editor.open(name, place, ["let g:cpipe = g:pipe_cpipe", "let g:pipe_cpipe = '/nowhere/cpipe'"]);
    await editor.type(":Pipe say x\r");
    await editor.until("v:errmsg =~# \"there is no program '/nowhere/cpipe'.*npm install -g pipe-tools\"", 1);
    await isFree(editor);
    await editor.type(":let g:pipe_cpipe = g:cpipe\r:Pipe say there\r");
    await editor.until(answer(2), ["there"]);
    await editor.close();
  });

  test(`${name}: a cpipe that is killed takes its requests with it, and is started again; one that is too old is told of`, async () => {
    const editor = await Editor.open(name, place);
    await editor.type(":Pipe hold\r");
    await editor.until("pipe#status()", "chat: answering");
    process.kill(Number(await editor.eval("pipe#job#pid()")), "SIGKILL");
    await editor.until("v:errmsg =~# '^pipe: cpipe has ended'", 1);
    await editor.type(":Pipe say back\r");
    await editor.until(answer(2), ["back"]);
    await editor.close();
    const old = join(place.root, "old-cpipe");
    writeFileSync(old, "#!/bin/sh\necho \"cpipe: there is no flag $1 here\" >&2\nexit 2\n", { mode: 0o755 });
    const other = await Editor.open(name, place, [`let g:pipe_cpipe = '${old}'`]);
    await other.type(":Pipe say x\r");
    await other.until("v:errmsg", "pipe: there is no flag --stdio here");
    await other.until(...IDLE);
    await other.close();
  });

  test(`${name}: usage that is wrong is said, and nothing is sent`, async () => {
    const editor = await Editor.open(name, place);
    await editor.type(":Pipe\r");
    await editor.until("v:errmsg", "pipe: expected a question: :Pipe {prompt}");
    await editor.type(":PipeTool chat\r");
    await editor.until("v:errmsg", "pipe: expected a tool and a command: :PipeTool {tool} {cmd} {args}");
    await editor.type(":set nomodifiable\r:PipeReplace say x\r");
    await editor.until("v:errmsg", "pipe: this buffer cannot be changed (nomodifiable)");
    assert.equal(await editor.eval("pipe#job#pid()"), 0);
    await editor.close();
  });

  test(`${name}: the help's tags are those of its text, and :help pipe opens it`, async () => {
    const folder = join(place.root, `doc-${name}`);
    cpSync(join(root, "editors/vim/doc"), folder, { recursive: true });
    const made = spawnSync(name, [...(name === "nvim" ? ["--headless"] : ["-es"]), "-u", "NONE", "-i", "NONE", "-c", `helptags ${folder}`, "-c", "qa!"], { env: place.env, encoding: "utf8" });
    assert.equal(made.status, 0, made.stderr);
    assert.equal(readFileSync(join(folder, "tags"), "utf8"), readFileSync(join(root, "editors/vim/doc/tags"), "utf8"));
    const editor = await Editor.open(name, place);
    await editor.type(":help :PipeReplace\r");
    await editor.until("expand('%:t')", "pipe.txt");
    await editor.close();
  });
}

test("every command, mapping and setting of the plugin is in its help", () => {
  const help = readFileSync(join(root, "editors/vim/doc/pipe.txt"), "utf8");
  const sources = ["plugin/pipe.vim", ...["", "/chat", "/job", "/prompt", "/replace", "/scratch", "/search"].map((file) => `autoload/pipe${file}.vim`)].map((file) => readFileSync(join(root, "editors/vim", file), "utf8")).join("\n");
  const commands = [...sources.matchAll(/^command! .*? (Pipe\w*) call/gm)].map(([, command]) => `*:${command}*`);
  const mappings = [...sources.matchAll(/<Plug>\([\w-]+\)/g)].map(([mapping]) => mapping);
  const settings = [...sources.matchAll(/get\(g:, '(pipe_\w+)'/g)].map(([, setting]) => `*g:${setting}*`);
  assert.ok(commands.length >= 7 && mappings.length >= 6 && settings.length >= 9);
  assert.deepEqual([...commands, ...mappings, ...settings].filter((word) => !help.includes(word)), []);
});
