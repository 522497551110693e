import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { noticeText, openNotify } from "../../../daemon/systemd/notify.ts";
import { startWatchdog } from "../../../daemon/systemd/watchdog.ts";

const root = mkdtempSync(join(tmpdir(), "pipe-tools-notify-"));
const linux = process.platform === "linux";
const receivers: Array<() => Promise<void>> = [];
after(async () => {
  await Promise.all(receivers.map((stop) => stop()));
  rmSync(root, { recursive: true });
});
const fail = (error: Error): void => assert.fail(error);

test("a notice becomes one assignment a line", () => {
  assert.equal(noticeText({ ready: true, status: "4 tools ready" }, 0n), "READY=1\nSTATUS=4 tools ready");
  assert.equal(noticeText({ reloading: true }, 1_234_567_890n), "RELOADING=1\nMONOTONIC_USEC=1234567");
  assert.equal(noticeText({ stopping: true, watchdog: true, mainPid: 12 }, 0n), "MAINPID=12\nSTOPPING=1\nWATCHDOG=1");
  assert.equal(noticeText({ stopping: true, extendMs: 60_000.5 }, 0n), "STOPPING=1\nEXTEND_TIMEOUT_USEC=60001000");
  assert.equal(noticeText({}, 0n), "");
});

test("a status cannot smuggle in another assignment, and is cut below what systemd would ignore", () => {
  assert.equal(noticeText({ status: " a\r\nMAINPID=1\n\n b\0\n" }, 0n), "STATUS=a MAINPID=1 b");
  const long = noticeText({ ready: true, stopping: true, status: "€".repeat(5000) }, 0n);
  assert.ok(Buffer.byteLength(long) < 4096);
  assert.ok(long.endsWith("€…"));
});

test("without $NOTIFY_SOCKET nothing is sent and no native code is loaded", () => {
  const script = `
    const { openNotify } = await import(process.argv[1]);
    const line = await openNotify({ env: {}, report: (error) => { throw error; } });
    line.notify({ ready: true });
    console.log(line.active, process.report.getReport().sharedObjects.some((path) => path.includes("koffi")));`;
  const file = new URL("../../../daemon/systemd/notify.ts", import.meta.url).href;
  assert.equal(execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script, file], { encoding: "utf8" }), "false false\n");
});

test("a socket that is not there is reported once, and never thrown", async () => {
  const errors: string[] = [];
  const address = join(root, "missing.sock");
  const line = await openNotify({ env: { NOTIFY_SOCKET: address }, report: (error) => errors.push(error.message) });
  line.notify({ ready: true });
  line.notify({ watchdog: true });
  assert.equal(errors.length, 1);
  assert.ok(errors[0]?.startsWith(`systemd cannot be notified through ${address}: `) && errors[0].endsWith(": sendto"), errors[0]);
});

for (const address of ["vsock:2:1234", "relative", `/${"x".repeat(120)}`]) {
  test(`the address ${address.slice(0, 20)} is reported`, async () => {
    const errors: Error[] = [];
    const line = await openNotify({ env: { NOTIFY_SOCKET: address }, report: (error) => errors.push(error) });
    line.notify({ ready: true });
    assert.equal(errors.length, 1);
    assert.match(String(errors[0]?.message), /cannot be notified through .*: (expected a path or @name|ENAMETOOLONG: sendto)$/);
  });
}

// macOS has no systemd, and no abstract names.
for (const address of linux ? [join(root, "notify.sock"), `@pipe-tools-test-${process.pid}`] : []) {
  test(`notices arrive, each in a datagram of its own, at ${address.startsWith("@") ? "an abstract name" : "a path"}`, async () => {
    const next = await receive(address);
    const { active, notify } = await openNotify({ env: { NOTIFY_SOCKET: address }, report: fail });
    assert.equal(active, true);
    notify({ ready: true, status: "grüß dich" });
    notify({});
    notify({ watchdog: true });
    const before = process.hrtime.bigint() / 1000n;
    notify({ reloading: true });
    assert.equal(await next(), "READY=1\nSTATUS=grüß dich");
    assert.equal(await next(), "WATCHDOG=1");
    const stamp = /^RELOADING=1\nMONOTONIC_USEC=(\d+)$/.exec(await next())?.[1];
    const pythons = BigInt(execFileSync("python3", ["-c", "import time; print(time.monotonic_ns() // 1000)"], { encoding: "utf8" }));
    assert.ok(stamp !== undefined && BigInt(stamp) >= before && BigInt(stamp) <= pythons, "the stamp is of the kernel's monotonic clock");
  });

  test(`the watchdog speaks at once and at each interval, at ${address.startsWith("@") ? "an abstract name" : "a path"}`, async () => {
    const own = `${address}-watchdog`;
    const next = await receive(own);
    const stop = startWatchdog(await openNotify({ env: { NOTIFY_SOCKET: own }, report: fail }), 5);
    assert.deepEqual([await next(), await next(), await next()], ["WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]);
    stop();
  });
}

test("sending leaves no descriptor behind, not even when it fails", async () => {
  const { notify } = await openNotify({ env: { NOTIFY_SOCKET: join(root, "missing.sock") }, report: () => {} });
  const folder = linux ? "/proc/self/fd" : "/dev/fd";
  notify({ watchdog: true });
  const before = readdirSync(folder).length;
  for (let count = 0; count < 50; count++) notify({ watchdog: true });
  assert.equal(readdirSync(folder).length, before);
});

/** Another program that listens at `address`; the function returned awaits its next datagram. */
async function receive(address: string): Promise<() => Promise<string>> {
  const fixture = fileURLToPath(new URL("../../fixtures/python/datagrams.py", import.meta.url));
  const child = spawn("python3", [fixture, address], { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, PYTHONUTF8: "1" } });
  receivers.push(async () => {
    child.kill("SIGKILL");
    await once(child, "close");
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  assert.equal((await lines.next()).value, "ready");
  return async () => JSON.parse((await lines.next()).value as string) as string;
}
