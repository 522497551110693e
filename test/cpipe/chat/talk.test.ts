import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { filled, openShell, run, runAnew } from "./open.ts";

const TELLER = "test/fixtures/servers/teller.ts";

test("a conversation with the built-in model: question, answer, the prompt again, and the way back", async (t) => {
  const { tmux, at } = await openShell(t);
  at.env["PIPE_TOOLS_SETTINGS"] = '{"threads": 1}';
  await at.serve("servers/chat/main.ts", "chat");
  await run(tmux, "cpipe chat --temperature 0");
  await tmux.shows("/help says what there is");
  await run(tmux, "Hello");
  const rows = await tmux.until((screen) => /token by token\.\n\n> *\n/.test(screen), "the whole answer and the prompt");
  assert.deepEqual(filled(rows).slice(2), [
    "> Hello",
    "I am the small built-in stand-in of pipe-tools, not a language model. Hello!",
    "Your words went in through one named pipe and these came back through another,",
    "token by token.",
    ">",
  ]);
  await tmux.press("C-d");
  await tmux.until((screen) => /continue with: cpipe chat -c\n\$ *\n/.test(screen), "the way back and the shell");
});

test("a model may use other tools, and each use is seen", async (t) => {
  const { tmux, at } = await openShell(t);
  await at.serve("test/fixtures/servers/library.ts", "library");
  at.env["PIPE_TOOLS_SETTINGS"] = '{"threads": 1}';
  await at.serve("servers/chat/main.ts", "chat");
  await run(tmux, "cpipe chat --tools library");
  await tmux.shows("/help says what there is");
  await run(tmux, "how do I add a server");
  const rows = await tmux.until((screen) => /\n {2}-> .*\n[^]*\w\.\n\n>/.test(screen), "the call, its result and the answer");
  assert.match(rows.join("\n"), /\nlibrary \w+ \{/);
});

test("what is kept is what was said, in a file of one's own, and goes on in the same terminal only", async (t) => {
  const { tmux, at } = await openShell(t);
  await at.serve(TELLER);
  await run(tmux, "cpipe chat -s 'Be terse'");
  await tmux.shows(">");
  await run(tmux, "say yes");
  await tmux.shows("yes\n\n>");
  await tmux.press("C-d");
  await tmux.shows("continue with: cpipe chat -c");
  const folder = join(at.root, "state/pipe-tools/conversations");
  const [file = ""] = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
  assert.deepEqual([statSync(join(folder, file)).mode & 0o777, statSync(folder).mode & 0o777], [0o600, 0o700]);
  await runAnew(tmux, "cpipe chat -c");
  const rows = await tmux.until((screen) => screen.includes("going on with") && screen.includes("yes\n\n>"), "what was said");
  assert.deepEqual(filled(rows).slice(1), [`going on with ${file.replace(".jsonl", "")}`, "> say yes", "yes", ">"]);
  await run(tmux, "history");
  await tmux.until((screen) => screen.replaceAll(/\s/g, "").includes('[["system","Beterse"],["user","sayyes"],["assistant","yes"],["user","history"]]'), "the history");
  await tmux.press("C-d");
  await tmux.shows("continue with");
  await run(tmux, "tmux split-window 'cpipe chat -c'");
  const fresh = await tmux.shows("/help says what there is");
  assert.ok(!fresh.join("\n").includes("going on with"), "another pane begins anew");
});

test("what a model thinks is shown before its answer, and what it says gives no orders to the terminal", async (t) => {
  const { tmux, at } = await openShell(t, { columns: 40, rows: 12 });
  await at.serve(TELLER);
  await run(tmux, "cpipe chat");
  await tmux.shows(">");
  await run(tmux, "think Let me see what there is to be thought about");
  const rows = await tmux.shows("done\n\n>");
  assert.deepEqual(filled(rows).slice(-4), ["Let me see what there is to be thought", "about", "done", ">"]);
  await tmux.paste("say a\u001b[2Jb");
  await tmux.press("Enter");
  await tmux.shows("a[2Jb");
});

test("named, cleared, loaded, listed, saved: conversations are changed within one", async (t) => {
  const { tmux, at } = await openShell(t);
  await at.serve(TELLER);
  const go = async (line: string, shows: string): Promise<void> => {
    await run(tmux, line);
    await tmux.shows(shows);
  };
  await go("cpipe chat --conversation first", "going on with first, which is new");
  await go("say one", "one\n\n>");
  await go("/name better", "it is called better");
  await go("/save", "wrote ");
  assert.equal(readFileSync(join(at.root, "home/better.md"), "utf8"), "## user\n\nsay one\n\n## assistant\n\none\n");
  await go("/save", "is there already");
  await go("/clear", "a new conversation");
  await go("/system Be kind", "the model is to be: Be kind");
  await go("say two", "two\n\n>");
  await go("/conversations", "better");
  await go("/load nothing", "there is no conversation 'nothing'");
  await go("/load better", "going on with better");
  await go("/undo", "taken back");
  await tmux.shows("> say one");
  await tmux.press("C-c", "C-c");
  await tmux.until((screen) => screen.trimEnd().endsWith("$"), "the shell");
  await go("cpipe --conversations better", "$");
});

test("another answer is asked for with another seed, and takes the place of the one before", async (t) => {
  const { tmux, at } = await openShell(t);
  await at.serve(TELLER);
  await run(tmux, "cpipe chat");
  await tmux.shows(">");
  await run(tmux, "seed");
  await tmux.shows("the seed is free");
  await run(tmux, "/retry");
  const rows = await tmux.until((screen) => /the seed is \d+\n\n>/.test(screen), "another seed");
  const [, seed] = /the seed is (\d+)/.exec(rows.join("\n")) ?? [];
  await run(tmux, "history");
  await tmux.until((screen) => screen.replaceAll(/\s/g, "").includes(`[["user","seed"],["assistant","theseedis${seed}"],["user","history"]]`), "one answer only");
});

test("the last answer and its code go into the clipboard, and a text comes from the user's own editor", async (t) => {
  const { tmux, at } = await openShell(t, { env: { VISUAL: "printf 'say from an\\neditor' >" } });
  await at.serve(TELLER);
  await run(tmux, "cpipe chat");
  await tmux.shows(">");
  await run(tmux, "say see\\n```sh\\nls -l\\n```\\nthat");
  await tmux.shows("that\n\n>");
  await run(tmux, "/code");
  await tmux.shows("handed the code block");
  assert.equal((await tmux.clipboard()).trim(), "ls -l");
  await run(tmux, "/copy");
  await tmux.shows("handed the answer");
  assert.match(await tmux.clipboard(), /^see\n```sh/);
  await run(tmux, "/edit");
  await tmux.shows("> say from an\n  editor");
  await tmux.press("C-c");
  await tmux.until((screen) => screen.trimEnd().endsWith("\n>"), "nothing written");
});

test("the user's editor has the whole terminal meanwhile, and what was being written", async (t) => {
  const { tmux, at } = await openShell(t, { env: { VISUAL: "vim -u NONE -N" } });
  await at.serve(TELLER);
  await run(tmux, "cpipe chat");
  await tmux.shows(">");
  await tmux.type("say first");
  await tmux.press("C-g");
  await tmux.until((screen) => screen.startsWith("say first") && screen.includes("message.md"), "the editor");
  await tmux.type("A, second");
  await tmux.press("Escape");
  await tmux.type(":wq");
  await tmux.press("Enter");
  await tmux.until((screen) => screen.trimEnd().endsWith("> say first, second"), "what was written");
  await tmux.press("Enter");
  await tmux.shows("first, second\n\n>");
});

test("files go with the next message, and what cannot be read is said", async (t) => {
  const { tmux, at } = await openShell(t);
  await at.serve(TELLER);
  writeFileSync(join(at.root, "home/notes.txt"), "remember this\n");
  await run(tmux, "cpipe chat");
  await tmux.shows(">");
  await run(tmux, "/file nothing.txt");
  await tmux.shows("nothing.txt: there is no such file");
  await tmux.type("/file no");
  await tmux.press("Tab", "Enter");
  await tmux.shows("the next message is about notes.txt");
  await run(tmux, "echo");
  await tmux.shows("remember this");
  await run(tmux, "history");
  await tmux.until((screen) => screen.includes("echo") && screen.split("notes.txt").length > 3, "the file in the conversation");
});

test("without a terminal, or with a tool that is no model, a command is asked for as ever", async (t) => {
  const { tmux, at } = await openShell(t);
  await at.serve(TELLER);
  const { code, stderr } = await at.cpipe("chat");
  assert.deepEqual([code, stderr], [2, "cpipe: a command for chat is missing: cpipe chat CMD [DATA]. Its commands: cpipe chat --help\n"]);
  assert.match((await at.cpipe("chat", "--temperature", "0")).stderr, /there is no flag --temperature here/);
  await at.serve("servers/echo/main.ts", "echo");
  await run(tmux, "cpipe echo; echo code $?");
  await tmux.shows("a command for echo is missing");
  await tmux.shows("code 2");
  await runAnew(tmux, "cpipe chat -x; echo code $?");
  await tmux.shows("-x is for a single question");
  await runAnew(tmux, "cpipe chat --temperature hot; echo code $?");
  await tmux.shows("--temperature: expected number");
  await runAnew(tmux, "cpipe chat -f nothing.txt; echo code $?");
  await tmux.shows("nothing.txt: there is no such file");
});
