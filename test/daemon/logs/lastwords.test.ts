import assert from "node:assert/strict";
import { appendFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { lastWords, tellingLine } from "../../../daemon/logs/lastwords.ts";
import { signalGroup } from "../../../daemon/worker/group.ts";
import { fixture, started, written } from "../worker/processes.ts";
import { folder } from "./folder.ts";

const node = process.execPath;

describe("a worker's last words", () => {
  it("are a native crash's own, not the log lines before it", async (t) => {
    const worker = started(t, [node, fixture("abort.mjs")]);
    assert.equal((await worker.event("exited")).signal, "SIGABRT");
    const words = lastWords(worker.log, 0);
    assert.ok(words.every((line) => !line.startsWith("{")), words.join("\n"));
    assert.equal(tellingLine(words), "GGML_ASSERT(n_head > 0) failed");
  });

  it("are the error that nobody caught, without its stack", async (t) => {
    const worker = started(t, [node, fixture("throw.mjs")]);
    await worker.event("exited");
    assert.equal(tellingLine(lastWords(worker.log, 0)), "TypeError: the model has no head");
  });

  it("are those of Python, too", () => {
    assert.equal(tellingLine(["Traceback (most recent call last):", '  File "x.py", line 1, in <module>', "KeyError: 'a'"]), "KeyError: 'a'");
    assert.equal(tellingLine(["usage: server [-h]", "server: error: the following arguments are required: --model"]), "server: error: the following arguments are required: --model");
  });

  it("are none when a signal ends it in silence", async (t) => {
    const worker = started(t, [node, fixture("wait.mjs")]);
    await written(worker.log, /\d+\n/);
    const from = statSync(worker.log).size;
    signalGroup(worker.pid, "SIGSEGV");
    await worker.event("exited");
    assert.deepEqual(lastWords(worker.log, from), []);
    assert.equal(tellingLine([]), null);
  });

  it("are the messages of its error lines when it said all in JSON", (t) => {
    const path = join(folder(t), "a.log");
    writeFileSync(path, ["info", "error", "fatal", "info"].map((level) => `${JSON.stringify({ level, time: 1, msg: `${level} message` })}\n`).join(""));
    assert.deepEqual(lastWords(path, 0), ["error message", "fatal message"]);
  });

  it("leave out what an earlier process wrote, also after rotation has cut the log", (t) => {
    const path = join(folder(t), "a.log");
    writeFileSync(path, "Error: of another one\n");
    const from = statSync(path).size;
    assert.deepEqual(lastWords(path, from), []);
    appendFileSync(path, "Error: its own\n");
    assert.deepEqual(lastWords(path, from), ["Error: its own"]);
    truncateSync(path);
    appendFileSync(path, "short\n");
    assert.deepEqual(lastWords(path, from), ["short"]);
  });

  it("are bounded, however much a worker raves", (t) => {
    const path = join(folder(t), "a.log");
    writeFileSync(path, `${"rave ".repeat(200)}\n`.repeat(1000));
    const words = lastWords(path, 0);
    assert.ok(words.length > 10 && words.length <= 20 && words.every((line) => line.startsWith("rave") && line.length <= 300));
    assert.deepEqual(lastWords(join(path, "gone"), 0), []);
  });
});
