import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { TransportError } from "../../../pipes/transport/failure.ts";
import { acquireLock, type Lock, lockHolder } from "../../../pipes/transport/lock.ts";
import { roomAt } from "../../servers/vector/room.ts";

const root = mkdtempSync(join(tmpdir(), "pipe-tools-lock-"));
const children = new Set<ChildProcess>();
after(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(root, { recursive: true });
});
let made = 0;
const fresh = (): string => join(root, `lock-${++made}`);

test("the lock file is 0600, holds our pid while held, and stays, empty, when released", () => {
  const path = fresh();
  const lock = taken(path);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(readFileSync(path, "utf8"), `${process.pid}\n`);
  assert.equal(lockHolder(path), process.pid);
  lock.release();
  assert.ok(existsSync(path));
  assert.equal(lockHolder(path), null);
});

test("a lock that is held cannot be taken again, not even by its own process, until it is released", () => {
  const path = fresh();
  const lock = taken(path);
  assert.equal(acquireLock(path), null);
  assert.equal(lockHolder(path), process.pid, "a failed attempt must not touch the holder's pid");
  lock.release();
  lock.release();
  taken(path).release();
});

test("a lock is taken on a full disk, too, where there is no room for the pid", (t) => {
  const folder = fresh();
  const room = roomAt(folder, "64k");
  t.after(() => room.close());
  room.fill(process.pid);
  const lock = taken(join(folder, "lock"));
  assert.equal(acquireLock(join(folder, "lock")), null);
  lock.release();
  room.empty(process.pid);
});

test("a second process is refused and can say who holds it", async () => {
  const path = fresh();
  const holder = await startHolder(path);
  assert.equal(holder.said, "held");
  assert.equal(acquireLock(path), null);
  assert.equal(lockHolder(path), holder.child.pid);
  const rival = await startHolder(path);
  assert.equal(rival.said, `refused by ${holder.child.pid}`);
});

test("kill -9 of the holder frees the lock, and the next holder's pid replaces the dead one's", async () => {
  const path = fresh();
  const holder = await startHolder(path);
  holder.child.kill("SIGKILL");
  await once(holder.child, "exit");
  assert.equal(lockHolder(path), holder.child.pid, "the number of the dead stays: it is no proof");
  const lock = taken(path);
  assert.equal(lockHolder(path), process.pid);
  lock.release();
});

test("a child that the holder leaves behind does not keep the lock", async () => {
  const path = fresh();
  const holder = await startHolder(path, "sleeper");
  const sleeper = Number(/sleeper (\d+)/.exec(holder.said)?.[1]);
  try {
    holder.child.kill("SIGKILL");
    await once(holder.child, "exit");
    process.kill(sleeper, 0);
    taken(path).release();
  } finally {
    process.kill(sleeper, "SIGKILL");
  }
});

test("a lock file that was removed while held is not mistaken for the new one", () => {
  const path = fresh();
  const old = taken(path);
  rmSync(path);
  const lock = taken(path);
  old.release();
  assert.equal(lockHolder(path), process.pid, "releasing the old file must not empty the new one");
  lock.release();
});

test("refuses anything but a plain file of ours with one name, and leaves it as it was", () => {
  const target = fresh();
  writeFileSync(target, "precious");
  const link = fresh();
  symlinkSync(target, link);
  const folder = fresh();
  mkdirSync(folder);
  const fifo = fresh();
  execFileSync("mkfifo", [fifo]);
  assert.match(refusal(link).message, /is a symbolic link, expected a lock file/);
  assert.match(refusal(folder).message, /is a folder, expected a lock file/);
  assert.match(refusal(fifo).message, /is a FIFO, expected a lock file/);
  const second = fresh();
  linkSync(target, second);
  assert.match(refusal(second).message, /has a second name/);
  assert.equal(readFileSync(target, "utf8"), "precious");
});

// Only root can give a file away; for anyone else root's own files stand in.
test("refuses a lock file of another user", () => {
  const path = process.geteuid?.() === 0 ? fresh() : "/etc/passwd";
  if (path !== "/etc/passwd") {
    writeFileSync(path, "");
    chownSync(path, 4321, 4321);
  }
  assert.equal(refusal(path).code, "not-ours");
});

test("the holder of a missing, foreign-looking or odd file is nobody", () => {
  const text = fresh();
  writeFileSync(text, "12 monkeys\n");
  const link = fresh();
  symlinkSync(text, link);
  assert.deepEqual([fresh(), text, link, root].map(lockHolder), [null, null, null, null]);
});

test("without its folder the error is the system's own", () => {
  assert.throws(() => acquireLock(join(root, "no", "lock")), { code: "ENOENT" });
});

function taken(path: string): Lock {
  const lock = acquireLock(path);
  assert.ok(lock !== null, `${path} is held by ${lockHolder(path)}`);
  return lock;
}

function refusal(path: string): TransportError {
  try {
    acquireLock(path);
  } catch (error) {
    assert.ok(error instanceof TransportError, String(error));
    return error;
  }
  return assert.fail(`${path} was accepted`);
}

/** Another process that takes the lock and waits; `said` is its first line. */
async function startHolder(path: string, ...options: string[]): Promise<{ child: ChildProcess; said: string }> {
  const fixture = fileURLToPath(new URL("../../fixtures/lock-holder.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", fixture, path, ...options], { stdio: ["pipe", "pipe", "inherit"] });
  children.add(child);
  child.once("exit", () => children.delete(child));
  const [said] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return { child, said };
}
