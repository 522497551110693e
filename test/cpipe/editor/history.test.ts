import assert from "node:assert/strict";
import { appendFileSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { History } from "../../../cpipe/editor/history.ts";
import { temporaryFolder } from "../../temporary.ts";

test("what was sent is there again in the next conversation, line feeds and all, once where it was sent twice", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "state/typed.jsonl");
  const first = new History(path);
  for (const text of ["one", "two\nlines", "two\nlines", ""]) first.add(text);
  assert.deepEqual(first.entries, ["one", "two\nlines"]);
  assert.deepEqual(new History(path).entries, ["one", "two\nlines"]);
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test("two terminals add to the same file", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "typed.jsonl");
  const [here, there] = [new History(path), new History(path)];
  here.add("here");
  there.add("there");
  here.add("here again");
  assert.deepEqual(here.entries, ["here", "here again"], "what another has sent does not come in between");
  assert.deepEqual(new History(path).entries, ["here", "there", "here again"]);
});

test("half a line and what a terminal would obey do no harm", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "typed.jsonl");
  writeFileSync(path, '"fine"\n{"no": "text"}\n"evil\\u001b[2J"\n"half', { mode: 0o600 });
  const history = new History(path);
  assert.deepEqual(history.entries, ["fine", "evil[2J"]);
  history.add("more");
  assert.deepEqual(new History(path).entries, ["fine", "evil[2J", "more"]);
});

test("a file that has grown large is written anew with what is newest", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "typed.jsonl");
  const line = `${JSON.stringify("x".repeat(1000))}\n`;
  writeFileSync(path, line.repeat(2000), { mode: 0o600 });
  appendFileSync(path, '"the last"\n');
  assert.equal(new History(path).entries.at(-1), "the last");
  assert.ok(readFileSync(path, "utf8").length <= 1000 * line.length);
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test("a link in its place is left alone", async () => {
  await using folder = await temporaryFolder();
  const target = await folder.write("target", "kept");
  symlinkSync(target, join(folder.path, "typed.jsonl"));
  assert.throws(() => new History(join(folder.path, "typed.jsonl")), { code: "unsafe-file" });
  assert.equal(readFileSync(target, "utf8"), "kept");
});
