import assert from "node:assert/strict";
import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { TransportError } from "../../../pipes/transport/failure.ts";
import { ensurePrivateFolder } from "../../../pipes/transport/folder.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "pipe-tools-folder-")));
after(() => rmSync(root, { recursive: true }));

const modeOf = (path: string): number => lstatSync(path).mode & 0o777;
const refusal = (path: string): TransportError => {
  try {
    ensurePrivateFolder(path);
  } catch (error) {
    assert.ok(error instanceof TransportError, String(error));
    return error;
  }
  return assert.fail(`${path} was accepted`);
};

test("makes what is missing with 0700 and leaves what is there", () => {
  const above = join(root, "above");
  mkdirSync(above, { mode: 0o755 });
  ensurePrivateFolder(join(above, "one", "two"));
  assert.deepEqual([above, join(above, "one"), join(above, "one/two")].map(modeOf), [0o755, 0o700, 0o700]);
});

test("takes a folder of ours that others can read but not write", () => {
  const path = join(root, "readable");
  mkdirSync(path, { mode: 0o755 });
  ensurePrivateFolder(path);
  assert.equal(modeOf(path), 0o755);
});

test("refuses a link, even to a folder of ours", () => {
  const path = join(root, "link");
  symlinkSync(root, path);
  const error = refusal(path);
  assert.equal(error.code, "unsafe-file");
  assert.deepEqual(error.facts, { path, reason: "is a symbolic link, expected a folder that only we can write to" });
});

test("refuses a link that leads nowhere, and makes nothing where it points", () => {
  const path = join(root, "dangling");
  symlinkSync(join(root, "nowhere"), path);
  assert.equal(refusal(path).code, "unsafe-file");
  assert.equal(lstatSync(join(root, "nowhere"), { throwIfNoEntry: false }), undefined);
});

test("refuses a file in the folder's place", () => {
  const path = join(root, "file");
  writeFileSync(path, "");
  assert.match(refusal(path).message, /file is a regular file, expected a folder/);
});

for (const mode of [0o770, 0o707, 0o1777]) {
  test(`refuses mode ${mode.toString(8)} and says how to repair it`, () => {
    const path = join(root, `open-${mode.toString(8)}`);
    mkdirSync(path);
    chmodSync(path, mode);
    const error = refusal(path);
    assert.equal(error.message, `${path} has mode ${mode.toString(8).padStart(4, "0")}, expected a folder that only we can write to. Run: chmod 700 ${path}`);
    assert.equal(error.path, path);
  });
}

// Only root can give a folder away; anyone else meets a folder that is root's.
test("refuses a folder of another user", () => {
  const path = process.geteuid?.() === 0 ? join(root, "foreign") : "/";
  if (path !== "/") {
    mkdirSync(path, { mode: 0o700 });
    chownSync(path, 4321, 4321);
  }
  const error = refusal(path);
  assert.equal(error.code, "not-ours");
  assert.deepEqual(error.facts, { path, owner: path === "/" ? 0 : 4321, uid: process.geteuid?.() });
});
