import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { unsafeBecause } from "../../../daemon/config/file.ts";
import { loadConfig } from "../../../daemon/config/load.ts";
import { render, summarise } from "../../../daemon/config/problem.ts";
import { fileWith, folderFor } from "./sample.ts";

const TEXT = "tools:\n  x: {server: echo}\n";

async function complaint(path: string, trusted = false): Promise<string> {
  const loaded = await loadConfig(path, { trusted });
  assert.ok(!loaded.ok);
  assert.equal(loaded.problems.length, 1);
  return loaded.problems.map(summarise).join("\n").replace(path, "FILE").replaceAll(path, "FILE");
}

test("A good file is a config that knows where it came from", async (t) => {
  const path = fileWith(folderFor(t), TEXT);
  const loaded = await loadConfig(path);
  assert.ok(loaded.ok);
  assert.equal(loaded.config.path, path);
  assert.deepEqual([...loaded.config.tools.keys()], ["x"]);
});

test("A file may be read by others, and may be a link", async (t) => {
  const folder = folderFor(t);
  const path = fileWith(folder, TEXT, 0o644);
  symlinkSync(path, join(folder, "link.yaml"));
  assert.ok((await loadConfig(path)).ok);
  assert.ok((await loadConfig(join(folder, "link.yaml"))).ok);
});

test("A missing file is told from a bad one", async (t) => {
  const loaded = await loadConfig(join(folderFor(t), "tools.yaml"));
  assert.ok(!loaded.ok && loaded.missing);
  assert.match(loaded.problems.map(render).join(), /:1:1: there is no such file\n {2}cpipe --init makes one$/);
});

test("A file or a folder that others may write to is refused, with the command that helps", async (t) => {
  const folder = folderFor(t);
  const path = fileWith(folder, TEXT, 0o606);
  assert.match(await complaint(path), /^FILE:1:1: can be written by everybody, .*; chmod o-w FILE$/);
  assert.ok((await loadConfig(path, { trusted: true })).ok);
  chmodSync(path, 0o600);
  chmodSync(folder, 0o707);
  assert.match(await complaint(path), /^FILE:1:1: is in .*, which can be written by everybody, .*; chmod o-w /);
  chmodSync(folder, 0o1707);
  assert.ok((await loadConfig(path)).ok, "in a sticky folder only the owner can replace it");
});

test("Ours and root's files are safe, a group of our own is no stranger, any other is", () => {
  const safe = (uid: number, gid: number, mode: number): boolean => unsafeBecause({ uid, gid, mode }, 1000) === null;
  assert.ok(safe(1000, 1000, 0o664));
  assert.ok(safe(1000, 20, 0o644));
  assert.ok(safe(0, 0, 0o644));
  assert.ok(!safe(1000, 20, 0o664));
  assert.ok(!safe(1001, 1001, 0o644));
  assert.ok(!safe(1000, 1000, 0o666));
});

test("What is no file is said so at once, and a FIFO is not waited at", async (t) => {
  const folder = folderFor(t);
  mkdirSync(join(folder, "dir.yaml"));
  execFileSync("mkfifo", ["-m", "600", join(folder, "fifo.yaml")]);
  symlinkSync("loop.yaml", join(folder, "loop.yaml"));
  assert.equal(await complaint(join(folder, "dir.yaml")), "FILE:1:1: expected a file, this is a folder");
  assert.equal(await complaint(join(folder, "fifo.yaml")), "FILE:1:1: expected a file, this is a FIFO");
  assert.equal(await complaint(join(folder, "loop.yaml")), "FILE:1:1: its symbolic links go in a circle");
  assert.equal(await complaint("/dev/null"), "FILE:1:1: expected a file, this is a device or socket");
});

test("A file that is too large, or no text, is refused", async (t) => {
  const folder = folderFor(t);
  assert.match(await complaint(fileWith(folder, Buffer.alloc(1024 * 1024 + 1, "#"))), /a config may have at most 1048576/);
  assert.equal(await complaint(fileWith(folder, Buffer.from([0x74, 0xff, 0xfe]))), "FILE:1:1: it is not UTF-8 text");
});

test("A path is made absolute and plain, since the folder in it is what others are relative to", async (t) => {
  const path = fileWith(folderFor(t), TEXT);
  const loaded = await loadConfig(join(path, "..", ".", "tools.yaml").replace("/tools.yaml", "/./tools.yaml"));
  assert.ok(loaded.ok && loaded.config.path === path);
});
