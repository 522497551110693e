import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { closeSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openLog } from "../../../daemon/logs/file.ts";
import { openDaemonLog } from "../../../daemon/logs/logger.ts";
import { rotate, rotateRegularly } from "../../../daemon/logs/rotate.ts";
import type { ToolError } from "../../../pipes/protocol/errors.ts";
import { folder } from "./folder.ts";
import { canTakeFront } from "./front.ts";

const writer = join(import.meta.dirname, "../../fixtures/processes/write-lines.mjs");

describe("rotation", () => {
  it("leaves a log alone that is small enough, or not there", async (t) => {
    const path = join(folder(t), "a.log");
    assert.equal(await rotate(path, { maxBytes: 10, keep: 2 }), false);
    writeFileSync(path, "0123456789");
    assert.equal(await rotate(path, { maxBytes: 10, keep: 2 }), false);
  });

  it("keeps so many old files and no more, the newest as .1, for their owner alone", async (t) => {
    const path = join(folder(t), "a.log");
    for (const text of ["first!", "second", "third!", "fourth"]) {
      writeFileSync(path, text);
      assert.equal(await rotate(path, { maxBytes: 3, keep: 2 }), true);
    }
    assert.deepEqual(readdirSync(join(path, "..")).sort(), ["a.log", "a.log.1", "a.log.2"]);
    assert.deepEqual(["", ".1", ".2"].map((end) => readFileSync(path + end, "utf8")), ["", "fourth", "third!"]);
    assert.equal(statSync(`${path}.1`).mode & 0o777, 0o600);
  });

  it("keeps none when told so", async (t) => {
    const path = join(folder(t), "a.log");
    writeFileSync(path, "0123456789");
    assert.equal(await rotate(path, { maxBytes: 3, keep: 0 }), true);
    assert.deepEqual([readFileSync(path, "utf8"), existsSync(`${path}.1`)], ["", false]);
  });

  it("loses no line of the daemon's own log, nor tears one", async (t) => {
    const { log, path, close } = openDaemonLog(folder(t));
    let n = 0;
    for (let turn = 0; turn < 5; turn++) {
      const rotated = rotate(path, { maxBytes: 1000, keep: 10 });
      for (let i = 0; i < 40; i++) await new Promise((resolve) => setImmediate(() => resolve(log.info({ n: n++ }, "line"))));
      await rotated;
    }
    close();
    assert.ok(existsSync(`${path}.2`));
    assert.deepEqual(numbersIn(path), Array.from({ length: n }, (_, i) => i));
  });

  it("cuts under a child that goes on writing, which tears no line and leaves them in order", async (t) => {
    const path = join(folder(t), "child.log");
    const fd = openLog(path);
    const child = spawn(process.execPath, [writer, "3000", "5", "1"], { stdio: ["ignore", fd, "inherit"] });
    closeSync(fd);
    let rotations = 0;
    while (child.exitCode === null) {
      if (await rotate(path, { maxBytes: 10_000, keep: 100 })) rotations++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    const numbers = numbersIn(path);
    assert.ok(rotations >= 3, `${rotations} rotations`);
    assert.ok(numbers.every((n, i) => i === 0 || n > (numbers[i - 1] ?? 0)), "in order, none twice");
    // Where the front of a file cannot be taken away, what it writes between the last read and the cut is gone: nothing, or a line or
    // two, unless this process was held up there.
    const lost = 3000 - numbers.length;
    assert.ok(lost < (canTakeFront(path) ? 1 : 300), `${lost} lines lost in ${rotations} rotations`);
    t.diagnostic(`${lost} of 3000 lines lost in ${rotations} rotations`);
  });

  it("looks at all logs of a folder when asked, and reports what it cannot do", async (t) => {
    const logs = folder(t);
    writeFileSync(join(logs, "a.log"), "0123456789");
    writeFileSync(join(logs, "elsewhere"), "0123456789");
    symlinkSync(join(logs, "elsewhere"), join(logs, "b.log"));
    const errors: ToolError[] = [];
    const rotation = rotateRegularly(logs, { maxBytes: 3, keep: 1 }, (error) => errors.push(error));
    await Promise.all([rotation.check(), rotation.check()]);
    await rotation.check(); // what is wrong still is not said again
    rotation.close();
    assert.deepEqual(readdirSync(logs).sort(), ["a.log", "a.log.1", "b.log", "elsewhere"]);
    assert.deepEqual(errors.map((error) => error.code), ["file-failed"]);
    assert.equal(readFileSync(join(logs, "elsewhere"), "utf8"), "0123456789");
  });
});

/** The `n` of every line, oldest file first. */
function numbersIn(path: string): number[] {
  const old = readdirSync(join(path, "..")).filter((name) => /\.log\.\d+$/.test(name)).map((name) => Number(name.slice(name.lastIndexOf(".") + 1)));
  const files = [...old.sort((a, b) => b - a).map((n) => `${path}.${n}`), path];
  const lines = files.flatMap((file) => readFileSync(file, "utf8").split("\n")).filter((line) => line !== "");
  return lines.map((line) => (JSON.parse(line) as { n: number }).n);
}
