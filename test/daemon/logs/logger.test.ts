import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { LogDestination } from "../../../daemon/logs/destination.ts";
import { openDaemonLog } from "../../../daemon/logs/logger.ts";
import { folder } from "./folder.ts";

const fixture = join(import.meta.dirname, "../../fixtures/processes/log-until-full.ts");
const linesOf = (path: string): Array<Record<string, unknown>> => readFileSync(path, "utf8").trim().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);

describe("the daemon's log", () => {
  it("has one JSON object a line, with a word for the level, an ISO time and the tool", (t) => {
    const { log, path, close } = openDaemonLog(folder(t));
    log.info("started");
    log.child({ tool: "chat" }).warn({ reason: "it exited with code 1" }, "starting → backoff");
    close();
    const [first, second] = linesOf(path);
    assert.match(String(first?.["time"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual([first?.["level"], first?.["msg"], second?.["tool"], second?.["reason"]], ["info", "started", "chat", "it exited with code 1"]);
  });

  it("is readable by its owner alone, also when it was not before", (t) => {
    const logs = join(folder(t), "state", "logs");
    openDaemonLog(logs).close();
    assert.deepEqual([statSync(logs).mode & 0o777, statSync(join(logs, "daemon.log")).mode & 0o777], [0o700, 0o600]);
    const lax = join(folder(t), "daemon.log");
    writeFileSync(lax, "", { mode: 0o644 });
    openDaemonLog(join(lax, "..")).close();
    assert.equal(statSync(lax).mode & 0o777, 0o600);
  });

  it("refuses a link or a folder in its place", (t) => {
    const logs = folder(t);
    symlinkSync(join(logs, "elsewhere"), join(logs, "daemon.log"));
    assert.throws(() => openDaemonLog(logs), { code: "unsafe-file", message: /is a symbolic link/ });
    mkdirSync(join(logs, "a.log"));
    assert.throws(() => new LogDestination(join(logs, "a.log")), { code: "file-failed", message: /EISDIR/ });
  });

  it("goes on without a word while the disk is full, and says how many lines are missing when it is not", (t) => {
    const path = join(folder(t), "daemon.log");
    let full = false;
    const destination = new LogDestination(path, (fd, bytes) => {
      if (full) throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
      return writeSync(fd, bytes);
    });
    destination.write('{"msg":"one"}\n');
    full = true;
    destination.write('{"msg":"two"}\n');
    destination.write('{"msg":"three"}\n');
    full = false;
    destination.write('{"msg":"four"}\n');
    destination.write('{"msg":"five"}\n');
    destination.close();
    const lines = linesOf(path);
    assert.deepEqual(lines.map((line) => line["msg"]), ["one", "log lines were lost", "four", "five"]);
    assert.equal(lines[1]?.["reason"], "2 log lines could not be written: ENOSPC: no space left on device, write");
    assert.equal(destination.lost, 2);
  });

  it("ends a line that the disk had room for only in part", (t) => {
    const path = join(folder(t), "daemon.log");
    let room = Infinity;
    const destination = new LogDestination(path, (fd, bytes) => {
      if (room === 0) throw new Error("ENOSPC");
      const written = writeSync(fd, bytes.subarray(0, room));
      room -= written;
      return written;
    });
    room = 8;
    destination.write('{"msg":"torn"}\n');
    room = Infinity;
    destination.write('{"msg":"next"}\n');
    destination.close();
    assert.match(readFileSync(path, "utf8"), /^\{"msg":"\n\{.*"lost":1.*\}\n\{"msg":"next"\}\n$/);
  });

  it("does not end a daemon whose disk is really full", (t) => {
    const logs = folder(t);
    const limited = 'ulimit -f 8; exec "$0" --import tsx "$1" "$2"';
    const run = spawnSync("sh", ["-c", limited, process.execPath, fixture, logs], { encoding: "utf8", cwd: join(import.meta.dirname, "../../..") });
    assert.equal(run.stdout, "lost some, still here\n", run.stderr);
    assert.equal(run.status, 0);
  });
});
