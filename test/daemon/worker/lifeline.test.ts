import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, lstatSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { Lifelines } from "../../../daemon/worker/lifeline.ts";
import { folder } from "../logs/folder.ts";

describe("a lifeline", () => {
  it("is held by whoever inherits it, and by nobody else at the same time, under whatever name it is asked for again", async (t) => {
    const runtime = folder(t);
    const lifelines = new Lifelines(runtime);
    const holder = hold(t, lifelines, "echo");
    const later = new Lifelines(runtime); // as the next daemon has it
    assert.deepEqual([later.held("echo"), later.take("echo"), later.names(), later.holders("echo")], [true, null, ["echo"], [holder.pid]]);
    const other = later.take("other") ?? assert.fail("another tool's is free");
    closeSync(other);
    holder.kill("SIGKILL");
    await once(holder, "exit");
    assert.equal(later.held("echo"), false);
    closeSync(later.take("echo") ?? assert.fail("it is free again"));
  });

  it("stands also for what its holder has handed it on to", async (t) => {
    const lifelines = new Lifelines(folder(t));
    const holder = hold(t, lifelines, "echo", ["sh", "-c", "sleep 1000 & exec sleep 1000"]);
    await untilHeldBy(lifelines, 2);
    const [heir = 0] = lifelines.holders("echo").filter((pid) => pid !== holder.pid);
    holder.kill("SIGKILL");
    await once(holder, "exit");
    assert.equal(lifelines.held("echo"), true);
    const ended = new Promise<void>((resolve) => void lifelines.watch("echo", resolve));
    process.kill(heir, "SIGKILL");
    await ended;
    assert.equal(lifelines.held("echo"), false);
  });

  it("tells whoever watches of its last holder's end, and of one that came before the watch", async (t) => {
    const lifelines = new Lifelines(folder(t));
    const holder = hold(t, lifelines, "echo");
    const ended = new Promise<void>((resolve) => void lifelines.watch("echo", resolve));
    let called = false;
    lifelines.watch("echo", () => (called = true))();
    holder.kill("SIGKILL");
    await ended;
    await new Promise<void>((resolve) => void lifelines.watch("echo", resolve));
    await new Promise<void>((resolve) => void lifelines.watch("nobody", resolve));
    assert.equal(called, false, "called off");
  });

  it("is private, and never something else that lies in its place", (t) => {
    const runtime = folder(t);
    const lifelines = new Lifelines(runtime);
    closeSync(lifelines.take("echo") ?? -1);
    assert.deepEqual([lstatSync(lifelines.path("echo")).mode & 0o777, lstatSync(join(runtime, "workers")).mode & 0o777], [0o600, 0o700]);
    writeFileSync(lifelines.path("file"), "");
    symlinkSync(lifelines.path("echo"), lifelines.path("link"));
    for (const name of ["file", "link"]) assert.throws(() => lifelines.take(name), { code: "not-a-fifo" });
  });

  it("is removed where nobody holds it", async (t) => {
    const lifelines = new Lifelines(folder(t));
    hold(t, lifelines, "held");
    closeSync(lifelines.take("free") ?? -1);
    lifelines.clear();
    assert.deepEqual(lifelines.names(), ["held"]);
  });
});

function hold(t: TestContext, lifelines: Lifelines, name: string, [program = "", ...args]: readonly string[] = ["sleep", "1000"]): ChildProcess {
  const fd = lifelines.take(name) ?? assert.fail(`the lifeline of ${name} is held`);
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "ignore", fd] });
  closeSync(fd);
  t.after(() => child.kill("SIGKILL"));
  return child;
}

async function untilHeldBy(lifelines: Lifelines, count: number): Promise<void> {
  while (lifelines.holders("echo").length < count) await new Promise((resolve) => setImmediate(resolve)); // a fork is no event for its grandparent
}
