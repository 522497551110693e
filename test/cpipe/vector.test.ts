import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { finished, Place } from "./program.ts";

// The vector server as somebody meets it at a shell.
const place = new Place();
const notes = join(place.root, "notes");
let server: ChildProcess;
before(async () => {
  mkdirSync(join(notes, "deep"), { recursive: true });
  writeFileSync(join(notes, "printer.md"), "# Printer\n\n## Set up\n\nPlug in the cable, then run lpadmin.\n\n## Paper\n\nThe tray takes A4.\n");
  writeFileSync(join(notes, "deep/garden.txt"), "Tomatoes want sun.\n");
  server = await place.serve("servers/vector/main.ts");
});
after(() => place.close());

const shell = async (line: string): Promise<string> => {
  const { code, stdout, stderr } = await place.shell(`cd "${notes}"; ${line}`);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" }, line);
  return stdout;
};
const fails = async (line: string): Promise<string> => {
  const done = await place.shell(`cd "${notes}"; ${line}`);
  assert.notEqual(done.code, 0, `${line}: ${done.stdout}`);
  assert.equal(done.stdout, "");
  return done.stderr;
};

test("a folder is named as it is seen from here, and passages by file and line, as an editor jumps to them", async () => {
  assert.deepEqual(JSON.parse(await shell("cpipe vector index .")), { files: 2, changed: 2, removed: 0, passages: 2, skipped: [] });
  assert.match(await shell('cpipe vector search "how do I set up the printer" --k 1'), /^printer\.md:1: Printer\n# Printer\n[^]*lpadmin[^]*A4\.\n$/);
  assert.match(await shell("cd deep; cpipe vector search tomato --k 1"), /^garden\.txt:1:\nTomatoes want sun\.\n$/, "without a heading, and by another form of the word");
  assert.match(await shell("cd /; cpipe vector search tomatoes --k 1"), new RegExp(`^${notes.slice(1)}/deep/garden\\.txt:1:`), "from above");
});

test("what has not changed is not read again, what has gone is gone, what has changed is found", async () => {
  writeFileSync(join(notes, "printer.md"), "# Printer\n\nIt was sold.\n");
  writeFileSync(join(notes, "new.md"), "# Scanner\n\nStands where the printer stood.\n");
  rmSync(join(notes, "deep/garden.txt"));
  assert.deepEqual(JSON.parse(await shell("cpipe vector index .")), { files: 2, changed: 2, removed: 1, passages: 2, skipped: [] });
  assert.equal(await shell("cpipe vector search tomatoes --mode text"), "");
  assert.match(await shell("cpipe vector search sold --mode text"), /^printer\.md:1:/);
  assert.deepEqual(JSON.parse(await shell("cpipe vector index .")), { files: 2, changed: 0, removed: 0, passages: 0, skipped: [] });
});

test("text from a pipe is added, with metadata that can be filtered by", async () => {
  const id = (await shell(`echo "The key is under the mat" | cpipe vector add --metadata '{"room": "hall"}' --collection home`)).trim();
  assert.match(id, /^[0-9a-f]{24}$/);
  assert.equal(await shell(`cpipe vector search key --collection home --filter '{"room": "hall"}'`), `${id}:\nThe key is under the mat\n`);
  assert.equal(await shell(`cpipe vector search key --collection home --filter '{"room": "cellar"}'`), "");
  assert.match(await fails(`cpipe vector search key --collection home --filter '{"room": {"$gtt": 1}}'`), /\$\.filter\.room\.\$gtt: expected one of \$eq, .*got "\$gtt"/);
  assert.equal(await shell("cpipe vector count home"), "1\n");
});

test("--json gives what programs want, and an object behind it still gives arguments", async () => {
  const { hits } = JSON.parse(await shell("cpipe vector search sold --k 1 --json")) as { hits: Array<Record<string, unknown>> };
  assert.deepEqual(Object.keys(hits[0] ?? {}), ["id", "score", "parts", "text", "metadata", "words"]);
  assert.deepEqual(hits[0]?.["words"], ["sold"]);
  assert.equal(await shell(`cpipe vector count --json '{"collection": "home"}'`), "1\n");
  assert.equal(await shell("cpipe vector count home --json"), '{"event":"count","count":1}\n');
});

test("a collection goes out as lines and comes in as lines", async () => {
  const lines = await shell("cpipe vector export home");
  assert.deepEqual(lines.trimEnd().split("\n").map((line) => Object.keys(JSON.parse(line) as object)), [["pipe-tools", "space"], ["id", "text", "metadata"]]);
  assert.equal(await shell("cpipe vector export home | cpipe vector import --collection copy"), "1\n");
  assert.equal(await shell("cpipe vector export --path out.jsonl --collection home"), "");
  assert.equal(readFileSync(join(notes, "out.jsonl"), "utf8"), lines);
  assert.equal(await shell("cpipe vector import --path out.jsonl --collection copy2"), "1\n");
  assert.match(await fails("cpipe vector export --path out.jsonl --collection home"), /the file '.*\/notes\/out\.jsonl' is there already/);
  assert.match(await fails(`printf '{"id":"a"}\\nnonsense\\n' | cpipe vector import --collection bad`), /line 1: expected a JSON object.*'text'/);
  assert.match(await shell("cpipe vector backup home.backup --collection home"), /^\d+\n$/);
});

test("the chat server's model searches with it, in a real llama.cpp", async () => {
  const chat = await place.serve("servers/chat/main.ts");
  const events = (await shell('cpipe chat ask --tools vector "where is the printer, in which docs" -o jsonl')).trimEnd().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
  const [call, result] = events.filter(({ event }) => String(event).startsWith("tool_"));
  assert.deepEqual(call, { event: "tool_call", tool: "vector", cmd: "search", args: { query: "where is the printer, in which docs" } });
  assert.match(JSON.stringify(result), /"ok":true.*printer\.md/);
  assert.equal(events.at(-1)?.["calls"], 1);
  assert.match(await fails('cpipe chat ask --tools vector.nonsense "how"'), /expected a command of vector \(search, index, /);
  chat.kill("SIGTERM");
  await finished(chat);
});

test("what is not there is said by its name", async () => {
  assert.match(await fails("cpipe vector search x --collection nope"), /there is no collection 'nope'\. There are .*default.*home/);
  assert.match(await fails("cpipe vector get nope"), /there is no row 'nope' in the collection 'default'/);
  assert.match(await fails("cpipe vector index nope"), /notes\/nope: expected a folder or a file, there is nothing by that name/);
  assert.match(await fails("cpipe vector unindex nope"), /there is no indexed folder '.*nope' in the collection 'default'\. It has /);
  assert.match(await fails("cpipe vector search"), /\$\.query: expected what to look for, got nothing/);
  assert.match(await fails("cpipe vector delete"), /expected one of id, ids and filter, got none/);
});

test("a server that starts again has everything, and follows what it followed", async () => {
  assert.match(await shell("cpipe vector index . --follow --collection followed"), /"files":3/);
  server.kill("SIGKILL");
  await finished(server);
  writeFileSync(join(notes, "later.md"), "# Later\n\nA penguin came by.\n");
  await place.serve("servers/vector/main.ts");
  // The answer waits for nothing; what was saved meanwhile is taken in at once.
  assert.match(await shell("until cpipe vector search penguin --mode text --collection followed | grep -q later.md; do sleep 0.05; done; cpipe vector collections --json"), /"follow":true/);
  cpSync(join(notes, "later.md"), join(notes, "copy.md"));
  await shell("until cpipe vector search penguin --mode text --collection followed | grep -q copy.md; do sleep 0.05; done");
  assert.match(await shell("cpipe vector unindex . --collection followed"), /^\d+\n$/);
  assert.equal(await shell("cpipe vector count followed"), "0\n");
});
