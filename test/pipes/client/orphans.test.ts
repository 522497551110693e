import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, existsSync, mkdtempSync, openSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pipesIn, removeOrphans } from "../../../pipes/client/orphans.ts";

const folder = mkdtempSync(join(tmpdir(), "pipe-tools-orphans-"));
after(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);
const mkfifo = (...names: string[]): void => assert.equal(spawnSync("mkfifo", names.map(at)).status, 0);
const later = (): number => Date.now() + 60_000;

test("only FIFOs with the name of a tool's pipe are pipes", () => {
  mkfifo("tool-a", "tool-a-1", "tool-a-up-1", "tool-a-data", "tool-", "tool--", "another");
  writeFileSync(at("tool-file"), "");
  symlinkSync(at("another"), at("tool-link"));
  assert.deepEqual(pipesIn(folder).map(({ path, role }) => [path, role.role]), [
    [at("tool-a"), "upstream"],
    [at("tool-a-1"), "downstream"],
    [at("tool-a-data"), "data"],
    [at("tool-a-up-1"), "lane"],
  ]);
});

for (const [what, mode] of [
  ["reads", constants.O_RDONLY],
  ["reads and writes", constants.O_RDWR],
] as const) {
  test(`a pipe that a process ${what} is left alone`, async () => {
    mkfifo("tool-held");
    const fd = openSync(at("tool-held"), mode | constants.O_NONBLOCK);
    assert.ok(!(await removeOrphans(folder, later)).includes(at("tool-held")));
    closeSync(fd);
    assert.ok((await removeOrphans(folder, later)).includes(at("tool-held")));
  });
}

test("what is no pipe of a tool is never removed", async () => {
  await removeOrphans(folder, later);
  for (const name of ["tool-", "tool--", "another", "tool-file", "tool-link"]) assert.ok(existsSync(at(name)), name);
});

test("a pipe that has just been made is given the time to be opened", async () => {
  mkfifo("tool-new");
  const removing = removeOrphans(folder);
  const holder = spawn("sh", ["-c", 'exec 3<>"$0"; echo open; read line', at("tool-new")], { stdio: ["pipe", "pipe", "inherit"] });
  await once(holder.stdout, "data");
  assert.deepEqual(await removing, []);
  const gone = once(holder, "exit");
  holder.stdin.end("\n");
  await gone;
  assert.deepEqual(await removeOrphans(folder, later), [at("tool-new")]);
});

test("a pipe that has taken the place of another meanwhile is left alone", async () => {
  mkfifo("tool-swapped", "other-pipe");
  const removing = removeOrphans(folder);
  renameSync(at("other-pipe"), at("tool-swapped"));
  assert.deepEqual(await removing, []);
});

test("a folder that is none is named", async () => {
  await assert.rejects(removeOrphans(at("missing")), { code: "file-failed" });
});
