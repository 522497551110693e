import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { appendFileSync, closeSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openLog } from "../../daemon/logs/file.ts";
import { followLog } from "../../logs/follow.ts";
import { rotate } from "../../daemon/logs/rotate.ts";
import { folder } from "../daemon/logs/folder.ts";

const line = (msg: string, level = 30): string => `${JSON.stringify({ level, time: 1000, msg })}\n`;
const writer = join(import.meta.dirname, "../fixtures/processes/write-lines.mjs");

describe("following a log", () => {
  it("gives the newest lines, then those that come, and ends when told to", async (t) => {
    const path = join(folder(t), "a.log");
    writeFileSync(path, line("one") + line("two"));
    const abort = new AbortController();
    const entries = followLog(path, { lines: 1 }, abort.signal, { persistent: true });
    assert.equal((await entries.next()).value?.msg, "two");
    const next = entries.next();
    appendFileSync(path, line("three"));
    assert.equal((await next).value?.msg, "three");
    const last = entries.next();
    abort.abort();
    assert.deepEqual(await last, { value: undefined, done: true });
  });

  it("waits for a line's end, and for a log that is not there yet", async (t) => {
    const path = join(folder(t), "logs", "a.log");
    const abort = new AbortController();
    t.after(() => abort.abort());
    const entries = followLog(path, { level: "warn" }, abort.signal, { persistent: true });
    const next = entries.next();
    setImmediate(() => {
      writeFileSync(path, line("too little", 20));
      appendFileSync(path, "cra");
      appendFileSync(path, "sh\n");
    });
    assert.equal((await next).value?.msg, "crash");
  });

  it("loses and repeats nothing when the log is put aside under it", async (t) => {
    const path = join(folder(t), "a.log");
    writeFileSync(path, "");
    const abort = new AbortController();
    const entries = followLog(path, {}, abort.signal, { persistent: true });
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { msg } of entries) if (seen.push(msg) === 300) abort.abort();
    })();
    for (let n = 0; n < 300; n++) {
      appendFileSync(path, line(`line ${n}`));
      if (n % 25 === 24) await rotate(path, { maxBytes: 100, keep: 3 });
      if (n % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await reading;
    assert.deepEqual(seen, Array.from({ length: 300 }, (_, n) => `line ${n}`));
  });

  it("keeps up with another process that writes fast", async (t) => {
    const path = join(folder(t), "a.log");
    const fd = openLog(path);
    const abort = new AbortController();
    const entries = followLog(path, {}, abort.signal, { persistent: true });
    const first = entries.next();
    spawn(process.execPath, [writer, "5000", "50"], { stdio: ["ignore", fd, "inherit"] });
    closeSync(fd);
    const numbers = [(await first).value?.["n"]];
    for await (const entry of entries) if (numbers.push(entry["n"]) === 5000) abort.abort();
    assert.deepEqual(numbers, Array.from({ length: 5000 }, (_, n) => n));
  });
});
