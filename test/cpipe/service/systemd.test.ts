import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { serviceFile } from "../../../cpipe/commands/service.ts";
import type { Ran } from "../../../cpipe/service/program.ts";
import { installUnit, startUnit, uninstallUnit } from "../../../cpipe/service/systemd.ts";
import { runner } from "./runner.ts";

// What only a real systemd can show is in test/systemd; here is what systemd may answer, and what may be in the file's place.
const root = mkdtempSync(join(tmpdir(), "pipe-tools-units-"));
const path = join(root, ".config/systemd/user/pipe-tools.service");
const text = serviceFile("linux");
after(() => rmSync(root, { recursive: true }));
beforeEach(() => {
  rmSync(join(root, ".config"), { recursive: true, force: true });
  mkdirSync(dirname(path), { recursive: true });
});

const SHOW_PATH = "systemctl show --property=UnitPath";
const systemd = (answers: Readonly<Record<string, Partial<Ran>>> = {}, pid = 0) =>
  runner((line) => answers[line] ?? (line === SHOW_PATH ? { stdout: `/etc/systemd/user ${dirname(path)}\n` } : line.startsWith("systemctl show --property=MainPID") ? { stdout: `${pid}\n` } : null));
const install = (run: ReturnType<typeof systemd>["run"], { force = false, daemon = null as number | null } = {}) => installUnit({ text, force, daemon, run }, root, undefined);
const uninstall = (run: ReturnType<typeof systemd>["run"], force = false) => uninstallUnit({ text, force, daemon: null, run }, root, undefined);
const changes = (asked: readonly string[]): string[] => asked.filter((line) => !line.startsWith("systemctl show"));

test("a new unit is written, enabled and started, and its user told what to do with it", async () => {
  const { run, asked } = systemd();
  const told = await install(run);
  assert.equal(readFileSync(path, "utf8"), text);
  assert.equal(statSync(path).mode & 0o777, 0o644);
  assert.deepEqual(changes(asked), ["systemctl daemon-reload", "systemctl enable pipe-tools.service", "systemctl reset-failed pipe-tools.service", "systemctl start pipe-tools.service"]);
  for (const word of ["was written", "systemctl --user status", "journalctl --user", "loginctl enable-linger", "cpipe --uninstall-service"]) assert.ok(told.includes(word), word);
});

test("the same unit is left as it is, and an older one of ours is brought up to date without a restart of the daemon", async () => {
  const { run, asked } = systemd({}, 77);
  await install(systemd().run);
  assert.match(await install(run, { daemon: 77 }), /is as it should be\.\nThe daemon runs as a service of yours \(pid 77\)/);
  const older = serviceFile("linux").replaceAll("dist/daemon/main.js", "main.js");
  writeFileSync(path, older);
  await assert.rejects(install(run, { daemon: 77 }), { code: "file-failed", message: /it was changed since cpipe made it.*systemctl --user edit/ });
  assert.equal(readFileSync(path, "utf8"), older);
  process.env["PIPE_TOOLS_PIPES"] = "/an/earlier/place";
  writeFileSync(path, serviceFile("linux"));
  delete process.env["PIPE_TOOLS_PIPES"];
  assert.match(await install(run, { daemon: 77 }), /was brought up to date\.\nThe daemon goes on as it was started \(pid 77\)\. .*systemctl --user restart pipe-tools/);
  assert.equal(readFileSync(path, "utf8"), text);
  assert.deepEqual(changes(asked).filter((line) => /start|stop/.test(line)), []);
});

for (const [what, make] of [
  ["a unit of somebody else's", () => writeFileSync(path, "[Service]\nExecStart=/bin/true\n")],
  ["a link, which is how units are masked", () => symlinkSync("/dev/null", path)],
  ["a folder", () => mkdirSync(path)],
] as const) {
  test(`${what} is left alone, by installation and by removal`, async () => {
    make();
    const { run, asked } = systemd();
    await assert.rejects(install(run), { code: "file-failed", message: /it was not made by cpipe, and was left alone\. With --force/ });
    await assert.rejects(uninstall(run), { code: "file-failed" });
    assert.deepEqual(changes(asked), []);
    assert.ok(existsSync(path));
  });
}

test("with --force a unit of somebody else's is replaced", async () => {
  symlinkSync("/dev/null", path);
  assert.match(await install(systemd().run, { force: true }), /was replaced/);
  assert.equal(readFileSync(path, "utf8"), text);
});

test("while another daemon runs the service is enabled and not started", async () => {
  const { run, asked } = systemd();
  assert.match(await install(run, { daemon: 4711 }), /a daemon runs already that is not the service's \(pid 4711\)/);
  assert.deepEqual(changes(asked), ["systemctl daemon-reload", "systemctl enable pipe-tools.service"]);
});

for (const [what, answer, message] of [
  ["no systemd", { code: 127, stderr: "spawn systemctl ENOENT" }, /nothing was done: there is no systemd here.*--print-service/],
  ["no user manager", { code: 1, stderr: "Failed to connect to bus: No medium found\n" }, /nothing was done: your user's systemd does not answer \(Failed to connect to bus: No medium found\)\. Log in/],
  ["a manager that looks elsewhere", { stdout: "/etc/systemd/user\n" }, /does not look for units in .*another user's/],
] as const) {
  test(`with ${what} nothing is written, and it is said why`, async () => {
    const { run } = systemd({ [SHOW_PATH]: answer });
    await assert.rejects(install(run), { code: "service-failed", exitCode: 1, message });
    await assert.rejects(uninstall(run), { code: "service-failed" });
    assert.ok(!existsSync(path));
  });
}

test("what systemd does not do is said with its own words, and what was done so far", async () => {
  const { run } = systemd({ "systemctl start pipe-tools.service": { code: 1, stderr: "Job for pipe-tools.service failed.\nSee …" } });
  await assert.rejects(install(run), { code: "service-failed", message: `${path} was written and enabled, but the daemon does not start: Job for pipe-tools.service failed.. See: systemctl --user status pipe-tools; journalctl --user --unit pipe-tools` });
});

test("the folder that $XDG_CONFIG_HOME names comes first, where systemd looks there", async () => {
  const mine = join(root, "mine/systemd/user");
  await installUnit({ text, force: false, daemon: null, run: systemd({ [SHOW_PATH]: { stdout: `${mine} ${dirname(path)}` } }).run }, root, join(root, "mine"));
  assert.ok(existsSync(join(mine, "pipe-tools.service")) && !existsSync(path));
});

test("a removal stops, disables and deletes, leaves one's own settings, and may be said twice", async () => {
  await install(systemd().run);
  writeFileSync(path, `${text}\n# mine\n`);
  mkdirSync(`${path}.d`);
  const { run, asked } = systemd({}, 77);
  assert.match(await uninstall(run), /were stopped.*\n.*\nSo are your own settings of the service: /);
  assert.deepEqual(changes(asked), ["systemctl stop pipe-tools.service", "systemctl disable pipe-tools.service", "systemctl daemon-reload", "systemctl reset-failed pipe-tools.service"]);
  assert.ok(!existsSync(path) && existsSync(`${path}.d`));
  assert.equal(await uninstall(systemd().run), `There is no ${path}; nothing had to be done.\n`);
});

test("a unit that is installed is started, also after it has failed; without one it is said how to have one", async () => {
  const { run, asked } = systemd();
  assert.equal(await startUnit(run), "The service was started.");
  assert.deepEqual(asked, ["systemctl cat pipe-tools.service", "systemctl reset-failed pipe-tools.service", "systemctl start pipe-tools.service"]);
  await assert.rejects(startUnit(systemd({ "systemctl cat pipe-tools.service": { code: 1 } }).run), { code: "service-failed", message: /not installed as a service.*cpipe --install-service/ });
  await assert.rejects(startUnit(systemd({ "systemctl start pipe-tools.service": { code: 1, stderr: "no way" } }).run), { code: "service-failed", message: /does not start: no way/ });
});
