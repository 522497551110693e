import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { groupEmpty, liveMembers, signalGroup, whenGroupEmpty } from "../../../daemon/worker/group.ts";
import { bootId, startTimeOf } from "../../../pipes/transport/identity.ts";
import { folder } from "../logs/folder.ts";
import { fixture, started, written } from "./processes.ts";

const node = process.execPath;
const aPid = /^(\d+)\n/m;

describe("spawning a worker", () => {
  it("makes it the leader of a group of its own, with /dev/null to read and its log to write", async (t) => {
    const worker = started(t, ["sh", "-c", 'echo "pid $$"; read line || echo "nothing to read"; echo "words" >&2; exit 3']);
    assert.deepEqual(await worker.event("exited"), { type: "exited", pid: worker.pid, code: 3, signal: null });
    assert.equal(readFileSync(worker.log, "utf8"), `pid ${worker.pid}\nnothing to read\nwords\n`);
  });

  it("starts it with no signal ignored or blocked, in its folder, with the same descriptors by a path as by a name", { skip: process.platform !== "linux" }, async (t) => {
    const own = folder(t);
    const said: string[] = [];
    for (const sh of ["sh", "/bin/sh"]) {
      const worker = started(t, [sh, "-c", 'pwd; grep -E "^Sig(Blk|Ign)" /proc/self/status; exec ls /proc/self/fd'], { cwd: own });
      assert.deepEqual(await worker.event("exited"), { type: "exited", pid: worker.pid, code: 0, signal: null });
      said.push(readFileSync(worker.log, "utf8"));
    }
    const none = "0".repeat(16);
    assert.ok(said[0]?.startsWith(`${own}\nSigBlk:\t${none}\nSigIgn:\t${none}\n0\n1\n`), said[0]);
    assert.equal(said[0], said[1]);
  });

  it("tells of the end of each of many that end at once", async (t) => {
    const workers = Array.from({ length: 8 }, () => started(t, ["/bin/sh", "-c", "exit 7"]));
    const ends = await Promise.all(workers.map((worker) => worker.event("exited")));
    assert.deepEqual(ends, workers.map(({ pid }) => ({ type: "exited", pid, code: 7, signal: null })));
  });

  it("listens for ends once, and no longer than there is somebody to end", { skip: process.platform !== "linux" }, async (t) => {
    const before = process.listenerCount("SIGCHLD");
    for (let n = 0; n < 4; n++) {
      const worker = started(t, ["/bin/sh", "-c", "exit 0"]);
      assert.equal(process.listenerCount("SIGCHLD"), before + 1);
      await worker.event("exited");
    }
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(process.listenerCount("SIGCHLD"), before);
  });

  it("reports the pid before it returns, and the signal that ended it", async (t) => {
    const worker = started(t, [node, fixture("wait.mjs")]);
    assert.deepEqual(worker.events, [{ type: "spawned", pid: worker.pid }]);
    assert.equal(signalGroup(worker.pid, "SIGSEGV"), true);
    assert.deepEqual(await worker.event("exited"), { type: "exited", pid: worker.pid, code: null, signal: "SIGSEGV" });
    assert.equal(groupEmpty(worker.pid), true);
    assert.equal(signalGroup(worker.pid, "SIGTERM"), false);
  });

  it("says in words why a program cannot be started", async (t) => {
    const own = folder(t);
    const file = join(own, "no-program");
    writeFileSync(file, "\u0001\u0002", { mode: 0o600 });
    const reason = async (argv: string[], cwd = "/"): Promise<string> => (await started(t, argv, { cwd }).event("spawnFailed")).reason;
    assert.equal(await reason(["pyhton3", "x.py"]), "there is no program 'pyhton3' on the PATH");
    assert.equal(await reason(["/nowhere/server"]), "there is no program /nowhere/server");
    assert.equal(await reason([file]), `the program ${file} may not be executed: permission denied`);
    assert.equal(await reason(["sh"], join(own, "gone")), `its working folder ${join(own, "gone")} does not exist`);
    assert.match(await reason(["sh", "a\0b"]), /cannot be started/);
  });

  it("lets a worker and its log outlive the daemon that spawned it", async (t) => {
    const log = join(folder(t), "worker.log");
    const keeper = spawn(node, ["--import", "tsx", fixture("keeper.ts"), log], { stdio: ["ignore", "pipe", "inherit"], cwd: join(import.meta.dirname, "../../..") });
    const [line] = (await once(createInterface(keeper.stdout), "line")) as [string];
    const { pid } = JSON.parse(line) as { pid: number };
    t.after(() => signalGroup(pid, "SIGKILL"));
    await written(log, new RegExp(`"n":3,"parent":${keeper.pid}`));
    keeper.kill("SIGKILL");
    await once(keeper, "exit");
    const orphaned = await written(log, new RegExp(`"n":(\\d+),"parent":(?!${keeper.pid}\\b)`));
    await written(log, new RegExp(`"n":${Number(orphaned[1]) + 3},`));
    const numbers = [...readFileSync(log, "utf8").matchAll(/"n":(\d+)/g)].map((match) => Number(match[1]));
    assert.deepEqual(numbers, Array.from(numbers, (_, n) => n), "no line is missing");
  });
});

describe("a worker's process group", () => {
  it("is not empty while a grandchild lives that ignores SIGTERM, and is after SIGKILL", async (t) => {
    const worker = started(t, [node, fixture("family.mjs")]);
    const grandchild = Number((await written(worker.log, aPid))[1]);
    assert.deepEqual(new Set(liveMembers(worker.pid)), new Set([worker.pid, grandchild]));
    signalGroup(worker.pid, "SIGTERM");
    assert.equal((await worker.event("exited")).signal, "SIGTERM");
    assert.equal(groupEmpty(worker.pid), false);
    assert.deepEqual(liveMembers(worker.pid), [grandchild]);
    const empty = whenGroupEmpty(worker.pid);
    signalGroup(worker.pid, "SIGKILL");
    await empty;
    assert.equal(groupEmpty(worker.pid), true);
  });

  it("is not empty because its leader has left", async (t) => {
    const worker = started(t, [node, fixture("family.mjs"), "leave"]);
    await written(worker.log, aPid);
    assert.equal((await worker.event("exited")).code, 0);
    assert.equal(groupEmpty(worker.pid), false);
  });

  it("counts as empty when only zombies are left in it", async (t) => {
    const parent = started(t, ["bash", fixture("zombie.sh")]);
    const zombie = Number((await written(parent.log, aPid))[1]);
    assert.equal(groupEmpty(zombie), false);
    signalGroup(zombie, "SIGKILL");
    await whenGroupEmpty(zombie);
    assert.equal(process.platform === "linux" ? signalGroup(zombie, 0) : true, true, "the system still has it");
    assert.equal(groupEmpty(zombie), true);
  });

  it("is never that of everybody, nor our own", () => {
    for (const wrong of [-1, 0, 1, 1.5, NaN]) assert.throws(() => signalGroup(wrong, "SIGTERM"), RangeError);
  });
});

describe("the identity of a process", () => {
  it("is its start time beside its pid, the same while it lives and none afterwards", async (t) => {
    const worker = started(t, ["bash", "-c", 'exec -a "a ) b" sleep 1000']);
    const born = startTimeOf(worker.pid);
    assert.match(born ?? "", /\d/);
    assert.equal(startTimeOf(worker.pid), born);
    signalGroup(worker.pid, "SIGKILL");
    await worker.event("exited");
    assert.equal(startTimeOf(worker.pid), null);
  });

  it("has a boot id where the system has one", () => {
    if (existsSync("/proc/sys/kernel/random/boot_id")) assert.match(bootId() ?? "", /^[0-9a-f-]{36}$/);
    assert.equal(bootId(), bootId());
  });
});
