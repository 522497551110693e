import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { filled, openShell, run } from "./open.ts";

const CHAT = "servers/chat/main.ts";
const TELLER = "test/fixtures/servers/teller.ts";

test("a conversation with the built-in model: question, answer, the prompt again, and the way back", async (t) => {
  const { tmux, at } = await openShell(t);
  await at.serve(CHAT, "chat");
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

test("what is kept is what was said, in a file of one's own, and goes on in the same terminal only", async (t) => {
  const { tmux, at } = await openShell(t);
  await at.serve(TELLER);
  await run(tmux, "cpipe chat -s 'Be terse'");
  await tmux.shows(">");
  await run(tmux, "say **yes**");
  await tmux.shows("yes\n\n>");
  await tmux.press("C-d");
  await tmux.shows("continue with: cpipe chat -c");
  const folder = join(at.root, "state/pipe-tools/conversations");
  const [file = ""] = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
  assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  await run(tmux, "clear; cpipe chat -c");
  const rows = await tmux.shows("going on with");
  await tmux.until((screen) => /> say \*\*yes\*\*\nyes\n\n?>/.test(screen) || /yes\n>/.test(screen), "what was said");
  assert.ok(rows.join("\n").includes(file.replace(".jsonl", "")));
  await run(tmux, "history");
  await tmux.shows('[["system","Be terse"],["user","say **yes**"],["assistant","**yes**"],["user",');
  await tmux.press("C-d");
  await tmux.shows("$");
  const other = await openShell(t, { env: at.env });
  await run(other.tmux, "cpipe chat -c");
  const fresh = await other.tmux.shows("/help says what there is");
  assert.ok(!fresh.join("\n").includes("going on with"), "another terminal begins anew");
  await other.tmux.press("C-d");
});
