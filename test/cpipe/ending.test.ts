import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { finished, Place, says } from "./program.ts";

const place = new Place();
let server: ChildProcess;
before(async () => {
  server = await place.serve("test/fixtures/servers/patient.ts");
});
after(() => place.close());

const cancelled = async (): Promise<number> => Number((await place.cpipe("patient", "cancelled")).stdout);

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  test(`${signal} cancels the request on the server, closes the open line and exits ${code} without a word`, async () => {
    const before = await cancelled();
    const child = place.start("patient", "begin");
    const done = finished(child);
    await says(child.stdout, "first ");
    child.kill(signal);
    assert.deepEqual(await done, { code, signal: null, stdout: "first \n", stderr: "" });
    assert.equal(await cancelled(), before + 1);
  });
}

test("Ctrl-C ends at once although the server does not answer any more", async () => {
  const child = place.start("patient", "begin");
  const done = finished(child);
  await says(child.stdout, "first ");
  server.kill("SIGSTOP");
  const since = performance.now();
  child.kill("SIGINT");
  const { code } = await done;
  const ms = performance.now() - since;
  server.kill("SIGCONT");
  assert.equal(code, 130);
  assert.ok(ms < 1000, `it took ${ms} ms`);
});

test("Ctrl-C ends a call that waits for a server to take its subscription", async () => {
  server.kill("SIGSTOP");
  const child = place.start("patient", "ping");
  const done = finished(child);
  await subscription(child.pid ?? 0);
  child.kill("SIGINT");
  const { code, stderr } = await done;
  server.kill("SIGCONT");
  assert.deepEqual({ code, stderr }, { code: 130, stderr: "" });
});

/** The lane is made last before the subscription is sent, after the signals were listened to. */
async function subscription(pid: number): Promise<void> {
  while (!readdirSync(place.pipes).includes(`tool-patient-up-${pid}`)) await new Promise((resolve) => setImmediate(resolve));
}

test("a failure is told below what was printed before it", async () => {
  const file = join(place.root, "both");
  assert.equal((await place.shell('cpipe patient break-off > "$FILE" 2>&1', { FILE: file })).code, 1);
  assert.equal(readFileSync(file, "utf8"), "one two\ncpipe: break-off failed: no more\n");
});

test("a reader that pauses does not keep a failure from being told", async () => {
  const child = place.start("patient", "flood-off");
  child.stdout?.pause();
  await says(child.stderr, "flood-off failed: no more");
  child.kill("SIGKILL");
});

test("a reader that has seen enough is a quiet end, and the request is cancelled", async () => {
  const before = await cancelled();
  const { code, stdout, stderr } = await place.shell("{ cpipe patient flood; echo \"exit $?\" >&2; } | head -1");
  assert.equal(code, 0);
  assert.match(stdout, /^0 x+\n$/);
  assert.equal(stderr, "exit 0\n");
  assert.equal(await cancelled(), before + 1);
});

test("Ctrl-C is heard while the reader of the output has paused", async () => {
  const child = place.start("patient", "flood");
  child.stdout?.once("data", () => child.stdout?.pause());
  await once(child.stdout as NodeJS.ReadableStream, "data");
  const exited = once(child, "exit");
  const since = performance.now();
  child.kill("SIGINT");
  const [code, signal] = (await exited) as [number | null, string | null];
  assert.ok(code === 130 || signal === "SIGINT", `code ${code}, signal ${signal}`);
  assert.ok(performance.now() - since < 2000);
});

// Linux has a disk that is always full.
if (existsSync("/dev/full")) {
  test("a full disk is an error and not a quiet end", async () => {
    const { code, stderr } = await place.shell("cpipe patient flood > /dev/full");
    assert.equal(code, 1);
    assert.match(stderr, /^cpipe: standard output: ENOSPC/);
  });
}

test("a server that dies is noticed at once", async () => {
  const fragile = await place.serve("test/fixtures/servers/patient.ts", "fragile");
  const child = place.start("fragile", "begin", "--timeout", "60");
  const done = finished(child);
  await says(child.stdout, "first ");
  fragile.kill("SIGKILL");
  const { code, stderr } = await done;
  assert.equal(code, 1);
  assert.match(stderr, /fragile stopped before it had answered/);
});

test("stop is answered, and nothing is left but what the killed server could not remove", async () => {
  assert.deepEqual(await place.cpipe("patient", "stop"), { code: 0, signal: null, stdout: "stopping\n", stderr: "" });
  await (server.exitCode === null ? once(server, "exit") : undefined);
  assert.deepEqual(readdirSync(place.pipes), ["tool-fragile"]);
});
