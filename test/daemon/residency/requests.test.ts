import assert from "node:assert/strict";
import { once } from "node:events";
import { closeSync, constants, mkdtempSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import { Upstream } from "../../../daemon/pipe/upstream.ts";
import { mkfifo } from "../../../pipes/transport/libc.ts";

const folder = mkdtempSync(join(tmpdir(), "pipe-tools-requests-"));
after(() => rmSync(folder, { recursive: true }));

describe("a request for a tool without a process", () => {
  let upstream: Upstream;
  let asked: number;
  let heard: Promise<void>;
  beforeEach(() => {
    upstream = new Upstream(folder, "tool");
    upstream.hold();
    asked = 0;
  });
  afterEach(() => {
    read();
    upstream.release();
  });

  /** Goodbyes and what is no JSON are stale. */
  const stale = () => (line: string) => line.includes("unsubscribe") || !line.startsWith("{");
  const watch = (): void => {
    heard = new Promise((resolve) => upstream.watch(() => (asked++, resolve()), stale));
  };
  const write = (text: string): void => {
    const fd = openSync(upstream.path, constants.O_WRONLY | constants.O_NONBLOCK);
    writeSync(fd, text);
    closeSync(fd);
  };
  const read = (): string => {
    const fd = openSync(upstream.path, constants.O_RDONLY | constants.O_NONBLOCK);
    const buffer = Buffer.alloc(1 << 20);
    try {
      return buffer.toString("utf8", 0, readSync(fd, buffer));
    } catch {
      return ""; // nothing waits
    } finally {
      closeSync(fd);
    }
  };
  /** Until all writes so far have been reported: another file's write is reported after them. */
  const settled = async (): Promise<void> => {
    const other = new Upstream(folder, "other");
    other.hold();
    const heard = new Promise<void>((resolve) => other.watch(resolve));
    const fd = openSync(other.path, constants.O_WRONLY);
    writeSync(fd, "{}\n");
    closeSync(fd);
    await heard;
    other.release();
  };

  it("is noticed, once, and stays where it was with all that follows it", async () => {
    watch();
    write('{"cmd":"ping"}\n');
    await heard;
    write('{"cmd":"pong"}\n');
    await settled();
    assert.equal(asked, 1);
    assert.equal(read(), '{"cmd":"ping"}\n{"cmd":"pong"}\n');
  });

  it("is noticed when a shell has written it", async () => {
    watch();
    const shell = spawn("sh", ["-c", `echo '{"cmd":"ping"}' > ${upstream.path}`]);
    await Promise.all([heard, once(shell, "exit")]);
    assert.equal(read(), '{"cmd":"ping"}\n');
  });

  it("is noticed when it was there before anybody looked", () => {
    write('{"cmd":"ping"}\n');
    watch();
    assert.equal(asked, 1);
    assert.equal(read(), '{"cmd":"ping"}\n');
  });

  it("is none while nothing but goodbyes and rubbish wait, which are taken out", async () => {
    watch();
    write('{"cmd":"unsubscribe"}\n');
    write("rest of a line}\n");
    await settled();
    assert.equal(asked, 0);
    assert.equal(read(), "");
    write('{"cmd":"unsubscribe"}\n{"cmd":"ping"}\n');
    await heard;
    assert.equal(read(), '{"cmd":"ping"}\n');
  });

  it("is one only when its line is whole", async () => {
    watch();
    write('{"cmd":');
    await settled();
    assert.equal(asked, 0);
    write('"ping"}\n');
    await heard;
    assert.equal(read(), '{"cmd":"ping"}\n');
  });

  it("is one when its line is longer than the pipe holds, whose writer waits for a reader", async () => {
    watch();
    write(`{"data":"${"x".repeat(70_000)}`);
    await heard;
    assert.equal(read().length, 64 * 1024);
  });

  it("is noticed in the pipe that has taken the place of the one that was held", async () => {
    watch();
    mkfifo(`${upstream.path}.new`, 0o600);
    renameSync(`${upstream.path}.new`, upstream.path);
    await settled();
    write('{"cmd":"ping"}\n');
    await heard;
    assert.equal(read(), '{"cmd":"ping"}\n');
  });

  it("is not looked for any more once nobody wants to know", async () => {
    watch();
    upstream.unwatch();
    write('{"cmd":"ping"}\n');
    await settled();
    assert.equal(asked, 0);
  });
});
