import assert from "node:assert/strict";
import { closeSync, mkdtempSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openPresentFifo } from "../../../pipes/transport/fifo.ts";
import { mkfifo } from "../../../pipes/transport/libc.ts";
import { FifoReader } from "../../../pipes/transport/reader.ts";
import { FifoWriter, type WriterEnd, type WriterLimits } from "../../../pipes/transport/writer.ts";

const root = mkdtempSync(join(tmpdir(), "pipe-tools-streams-"));
after(() => rmSync(root, { recursive: true }));
const MAX = 1 << 28;
const GENEROUS: WriterLimits = { queueBytes: MAX, stallMs: 60_000 };

let made = 0;
function pair(limits: WriterLimits = GENEROUS): { writer: FifoWriter; end: Promise<WriterEnd>; raw: number; path: string } {
  const path = join(root, String(++made));
  mkfifo(path, 0o600);
  const raw = openPresentFifo(path, "read");
  let closed!: (end: WriterEnd) => void;
  const end = new Promise<WriterEnd>((resolve) => (closed = resolve));
  return { writer: new FifoWriter(openPresentFifo(path, "write"), limits, { closed }), end, raw, path };
}
function read(fd: number, limit = MAX): { lines: string[]; end: Promise<Error | null>; reader: FifoReader; line: () => Promise<string> } {
  const lines: string[] = [];
  let ended!: (error: Error | null) => void;
  let came = (): void => undefined;
  const end = new Promise<Error | null>((resolve) => (ended = resolve));
  const reader = new FifoReader(fd, limit, { line: (line) => (lines.push(line), came()), overflow: () => lines.push("!"), end: ended });
  const line = async (): Promise<string> => {
    while (lines.length === 0) await new Promise<void>((resolve) => (came = resolve));
    return lines.shift() as string;
  };
  return { lines, end, reader, line };
}

test("lines arrive in order, and the writer's leaving is an end of file without an error", async () => {
  const { writer, raw } = pair();
  const { lines, end } = read(raw);
  for (let n = 0; n < 5000; n++) writer.write(`line ${n}\n`);
  await writer.flushed(60_000);
  writer.close();
  assert.equal(await end, null);
  assert.deepEqual(lines, Array.from({ length: 5000 }, (_, n) => `line ${n}`));
});

test("what was written in the same turn as the close still goes out", async () => {
  const { writer, raw } = pair();
  const { end, lines } = read(raw);
  writer.write("last words\n");
  writer.close();
  assert.equal(writer.write("too late\n"), false);
  await end;
  assert.deepEqual(lines, ["last words"]);
});

test("a descriptor opened read-write never sees an end of file", async () => {
  const { writer, raw, path } = pair();
  const { line, reader } = read(openPresentFifo(path, "both"));
  closeSync(raw);
  writer.write("one\n");
  writer.close();
  assert.equal(await line(), "one");
  const again = new FifoWriter(openPresentFifo(path, "write"), GENEROUS, { closed: () => undefined });
  again.write("two\n");
  assert.equal(await line(), "two");
  again.close();
  reader.close();
});

test("a reader that has gone is told to the writer once, with EPIPE", async () => {
  const { writer, raw, end } = pair();
  closeSync(raw);
  writer.write("to nobody\n");
  const cause = await end;
  assert.equal(cause.kind, "gone");
  assert.equal((cause as { error: NodeJS.ErrnoException }).error.code, "EPIPE");
  assert.equal(writer.write("again\n"), false);
});

test("a message of 64 MiB arrives whole, and its sender can tell that it waits", async () => {
  const { writer, raw } = pair();
  const message = "€".repeat((64 * 1024 * 1024) / 3);
  assert.equal(writer.full, false);
  writer.write(`${message}\n`);
  writer.write("next\n");
  assert.equal(writer.full, true);
  const { line, reader } = read(raw);
  assert.ok((await line()) === message);
  assert.equal(await line(), "next");
  await writer.ready();
  assert.deepEqual([writer.full, writer.queuedBytes], [false, 0]);
  writer.close();
  reader.close();
});

test("a line over the reader's limit is reported, and the next one arrives", async () => {
  const { writer, raw } = pair();
  const { line, reader } = read(raw, 1000);
  writer.write(`${"x".repeat(300_000)}\nshort\n`);
  assert.deepEqual([await line(), await line()], ["!", "short"]);
  writer.close();
  reader.close();
});

test("a reader that is paused takes nothing more, and goes on where it was", async () => {
  const { writer, raw } = pair();
  const { line, lines, reader } = read(raw);
  writer.write("one\n");
  assert.equal(await line(), "one");
  reader.pause();
  writer.write(`${"x".repeat(2_000_000)}\n`);
  await writer.flushed(20);
  assert.ok(writer.queuedBytes > 1_800_000, String(writer.queuedBytes));
  assert.deepEqual(lines, []);
  reader.resume();
  assert.equal((await line()).length, 2_000_000);
  writer.close();
  reader.close();
});

test("a closed reader says nothing more", async () => {
  const { writer, raw, end } = pair();
  const { reader, lines } = read(raw);
  reader.close();
  writer.write("x\n");
  assert.equal((await end).kind, "gone");
  assert.deepEqual(lines, []);
});

test("too many bytes behind the message under way: the reader is given up", async () => {
  const { writer, raw, end } = pair({ queueBytes: 10_000, stallMs: 60_000 });
  assert.equal(writer.write(`${"x".repeat(5_000_000)}\n`), true, "one message may be of any size");
  let count = 0;
  while (writer.write(`${"y".repeat(999)}\n`)) count += 1;
  assert.equal(count, 11);
  const cause = await end;
  assert.equal(cause.kind, "stalled");
  assert.ok((cause as { queuedBytes: number }).queuedBytes > 4_900_000);
  closeSync(raw);
});

test("no byte taken for too long: the reader is given up, and who waited for room is let go", async () => {
  const { writer, raw, end } = pair({ queueBytes: MAX, stallMs: 50 });
  writer.write(`${"x".repeat(1_000_000)}\n`);
  const ready = writer.ready();
  const flushed = writer.flushed(60_000);
  assert.deepEqual({ ...(await end), queuedBytes: 0 }, { kind: "stalled", queuedBytes: 0, seconds: 0.05 });
  await Promise.all([ready, flushed]);
  closeSync(raw);
});

test("a slow reader of one long message is not taken for one that has stopped: each piece is a sign of life", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { writer, raw, end } = pair({ queueBytes: MAX, stallMs: 1000 });
  void end.then((cause) => assert.fail(`it was given up: ${cause.kind}`));
  const size = 1_000_000;
  writer.write("x".repeat(size));
  const buffer = Buffer.alloc(65_536);
  while (writer.queuedBytes > 0) {
    const before = writer.queuedBytes;
    while (writer.queuedBytes === before) {
      readSync(raw, buffer);
      await new Promise(setImmediate);
    }
    t.mock.timers.tick(900); // most of what may pass without a sign of life
  }
  assert.equal(writer.queuedBytes, 0);
  writer.close();
  closeSync(raw);
});

test("several writers of one FIFO keep their messages whole, however many each queues at once", async () => {
  const { writer, raw, path } = pair({ ...GENEROUS, shared: true });
  const writers = [writer, ...Array.from({ length: 3 }, () => new FifoWriter(openPresentFifo(path, "write"), { ...GENEROUS, shared: true }, { closed: () => undefined }))];
  const text = (n: number): string => String(n).repeat(3900);
  const { lines, end } = read(raw);
  for (let i = 0; i < 50; i++) for (const [n, one] of writers.entries()) one.write(`${text(n)}\n`);
  for (const one of writers) await one.flushed(10_000);
  for (const one of writers) one.close();
  assert.equal(await end, null);
  assert.equal(lines.length, 200);
  for (const n of writers.keys()) assert.equal(lines.filter((line) => line === text(n)).length, 50);
});
