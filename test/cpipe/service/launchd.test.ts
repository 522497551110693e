import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { serviceFile } from "../../../cpipe/commands/service.ts";
import { installAgent, startAgent, uninstallAgent } from "../../../cpipe/service/launchd.ts";
import type { Ran } from "../../../cpipe/service/program.ts";
import { runner } from "./runner.ts";

const root = mkdtempSync(join(tmpdir(), "pipe-tools-agents-"));
const path = join(root, "Library/LaunchAgents/io.github.pipe-tools.plist");
const target = "gui/501/io.github.pipe-tools";
const place = { home: root, uid: 501, logs: join(root, "logs") };
const text = serviceFile("darwin");
after(() => rmSync(root, { recursive: true }));
beforeEach(() => rmSync(join(root, "Library"), { recursive: true, force: true }));

/** A launchd that has the agent or not, as it was told. */
function launchd(loaded: boolean, answers: Readonly<Record<string, Partial<Ran>>> = {}) {
  let has = loaded;
  return runner((line) => {
    const answer = answers[line];
    const failed = (answer?.code ?? 0) !== 0 && answer?.code !== 36;
    if (line.startsWith("launchctl bootstrap") && !failed) has = true;
    if (line.startsWith("launchctl bootout") && !failed) has = false;
    if (line === `launchctl print ${target}`) return has ? { stdout: `${target} = {\n\tactive count = 1\n\tstate = running\n\tpid = 77\n}\n` } : { code: 113, stderr: "Could not find service" };
    return answer ?? null;
  });
}

test("a new agent is written and loaded, and the folder of its log is made", async () => {
  const { run, asked } = launchd(false);
  const told = await installAgent({ text, force: false, daemon: null, run }, place);
  assert.equal(readFileSync(path, "utf8"), text);
  assert.ok(existsSync(place.logs));
  assert.deepEqual(asked, [`launchctl print ${target}`, `launchctl enable ${target}`, `launchctl bootstrap gui/501 ${path}`]);
  for (const word of ["was written", `launchctl print ${target}`, "cpipe --uninstall-service"]) assert.ok(told.includes(word), word);
});

test("one that is loaded is not loaded again, and a newer file waits for the next start", async () => {
  const { run, asked } = launchd(true);
  process.env["PIPE_TOOLS_PIPES"] = "/an/earlier/place";
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, serviceFile("darwin"));
  delete process.env["PIPE_TOOLS_PIPES"];
  assert.match(await installAgent({ text, force: false, daemon: 77, run }, place), /was brought up to date\.\nThe daemon goes on as it was started.*bootout/);
  assert.match(await installAgent({ text, force: false, daemon: 77, run }, place), /is as it should be\.\nThe daemon runs as a service/);
  assert.ok(!asked.some((line) => /bootstrap|bootout/.test(line)));
});

test("while another daemon runs the agent is not loaded", async () => {
  const { run, asked } = launchd(false);
  assert.match(await installAgent({ text, force: false, daemon: 4711, run }, place), /not the service's \(pid 4711\)/);
  assert.ok(!asked.some((line) => line.includes("bootstrap")));
});

test("an agent of somebody else's is left alone, but for --force", async () => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "<plist/>");
  const { run, asked } = launchd(false);
  await assert.rejects(installAgent({ text, force: false, daemon: null, run }, place), { code: "file-failed", message: /not made by cpipe/ });
  await assert.rejects(uninstallAgent({ text, force: false, daemon: null, run }, place), { code: "file-failed" });
  assert.deepEqual(asked, []);
  assert.match(await installAgent({ text, force: true, daemon: null, run }, place), /was replaced/);
});

for (const [code, stderr, message] of [
  [125, "Bootstrap failed: 125: Domain does not support specified action", /launchd does not load it: Bootstrap failed: 125.*this Mac's own screen/],
  [5, "Bootstrap failed: 5: Input/output error", /launchd does not load it: Bootstrap failed: 5/],
] as const) {
  test(`a launchctl that ends with ${code} is quoted`, async () => {
    const { run } = launchd(false, { [`launchctl bootstrap gui/501 ${path}`]: { code, stderr } });
    await assert.rejects(installAgent({ text, force: false, daemon: null, run }, place), { code: "service-failed", message });
  });
}

test("a removal unloads the agent, waits until launchd has let go of it, and may be said twice", async () => {
  const bootout = `launchctl bootout ${target}`;
  const { run, asked } = launchd(true, { [bootout]: { code: 36, stderr: "Boot-out failed: 36: Operation now in progress" } });
  await installAgent({ text, force: false, daemon: 77, run }, place);
  asked.length = 0;
  assert.match(await uninstallAgent({ text, force: false, daemon: 77, run }, place), /were stopped/);
  assert.deepEqual(asked, [`launchctl print ${target}`, bootout, `launchctl print ${target}`]);
  assert.ok(!existsSync(path));
  assert.equal(await uninstallAgent({ text, force: false, daemon: null, run }, place), `There is no ${path}; nothing had to be done.\n`);
});

test("an agent that is installed is started, whether or not launchd has it; without one it is said how to have one", async () => {
  const loaded = launchd(true);
  assert.equal(await startAgent(loaded.run, place), "The service was started.");
  assert.equal(loaded.asked.at(-1), `launchctl kickstart ${target}`);
  await assert.rejects(startAgent(launchd(false).run, place), { code: "service-failed", message: /not installed as a service.*cpipe --install-service/ });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  const unloaded = launchd(false);
  await startAgent(unloaded.run, place);
  assert.equal(unloaded.asked.at(-1), `launchctl bootstrap gui/501 ${path}`);
});
