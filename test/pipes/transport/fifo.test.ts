import assert from "node:assert/strict";
import { chmodSync, chownSync, closeSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { TransportError } from "../../../pipes/transport/failure.ts";
import { ensureFifo, openFifo, openPresentFifo, removeFifo } from "../../../pipes/transport/fifo.ts";
import { mkfifo } from "../../../pipes/transport/libc.ts";
import { spawnMkfifo } from "../../../pipes/transport/mkfifo.ts";

const root = mkdtempSync(join(tmpdir(), "pipe-tools-fifo-"));
after(() => rmSync(root, { recursive: true }));
const modeOf = (path: string): number => lstatSync(path).mode & 0o777;
const refusal = (action: () => unknown): TransportError => {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof TransportError, String(error));
    return error;
  }
  return assert.fail("it was taken");
};
const MODES = ["read", "write", "both"] as const;

for (const [how, make] of [
  ["libc", mkfifo],
  ["mkfifo(1)", spawnMkfifo],
] as const) {
  test(`${how}: a FIFO is made with 0600; one that is there is kept, and its mode repaired`, () => {
    const path = join(root, `made by ${how}`);
    ensureFifo(path, make);
    const { ino } = lstatSync(path);
    chmodSync(path, 0o666);
    ensureFifo(path, make);
    assert.deepEqual([modeOf(path), lstatSync(path).ino, lstatSync(path).isFIFO()], [0o600, ino, true]);
    assert.ok(removeFifo(path));
    assert.equal(removeFifo(path), false);
  });

  test(`${how}: what cannot be made says why`, () => {
    assert.throws(() => ensureFifo(join(root, "no", "such", "folder"), make), /No such file|ENOENT/);
  });
}

test("nothing waits in an open: with nobody at the other end there is null for a writer, a descriptor for the rest", () => {
  const path = join(root, "alone");
  mkfifo(path, 0o600);
  assert.equal(openFifo(path, "write"), null);
  const reader = openPresentFifo(path, "read");
  closeSync(openPresentFifo(path, "write"));
  closeSync(reader);
  closeSync(openPresentFifo(path, "both"));
  for (const mode of MODES) assert.equal(openFifo(join(root, "absent"), mode), null);
  assert.throws(() => openPresentFifo(path, "write"), { code: "ENOENT" });
});

test("a link is refused, even to a FIFO of ours, and not followed", () => {
  const [target, link] = [join(root, "target"), join(root, "link")];
  mkfifo(target, 0o600);
  symlinkSync(target, link);
  for (const mode of MODES) assert.deepEqual(refusal(() => openFifo(link, mode)).facts, { path: link, got: "a symbolic link" });
  assert.equal(refusal(() => ensureFifo(link, mkfifo)).code, "not-a-fifo");
  assert.equal(removeFifo(link), false);
});

test("a regular file, a folder and a socket are refused and left as they are", async () => {
  const [file, folder, socket] = [join(root, "file"), join(root, "folder"), join(root, "socket")];
  writeFileSync(file, "mine");
  mkdirSync(folder);
  const server = createServer().listen(socket);
  await once(server, "listening");
  for (const [path, got] of [[file, "a regular file"], [folder, "a folder"], [socket, "a socket"]] as const) {
    for (const mode of MODES) {
      if (path === folder && mode === "read") continue;
      assert.deepEqual(refusal(() => openFifo(path, mode)).facts, { path, got }, `${got} for ${mode}`);
    }
    assert.equal(refusal(() => ensureFifo(path, mkfifo)).message, `${path} is ${got}, not a FIFO; it was left alone`);
    assert.equal(removeFifo(path), false);
  }
  assert.equal(refusal(() => openFifo(folder, "read")).code, "not-a-fifo");
  server.close();
  assert.equal(lstatSync(file).size, 4);
});

test("a FIFO of another user is refused; a device is none", () => {
  const path = join(root, "foreign");
  mkfifo(path, 0o666);
  const uid = process.geteuid?.() ?? 0;
  if (uid === 0) {
    chownSync(path, 4321, 4321);
    for (const mode of ["read", "both"] as const) assert.deepEqual(refusal(() => openFifo(path, mode)).facts, { path, owner: 4321, uid });
    assert.equal(refusal(() => ensureFifo(path, mkfifo)).code, "not-ours");
    assert.equal(removeFifo(path), false);
  }
  assert.equal(refusal(() => openFifo("/dev/null", "read")).code, "not-a-fifo");
});
