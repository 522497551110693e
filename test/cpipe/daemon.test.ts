import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { after, before, test } from "node:test";
import type { Listing } from "../../cpipe/commands/list.ts";
import type { RegistryEntry } from "../../pipes/protocol/registry.ts";
import { finished, Place, root, says } from "./program.ts";

const place = new Place();
const config = join(place.root, "tools.yaml");
place.env["PIPE_TOOLS_CONFIG"] = config;
writeFileSync(config, "tools:\n  echo: {server: echo}\n  spare: {server: echo, autostart: false}\n");
const daemon = spawn(process.execPath, [join(root, "dist/daemon/main.js"), "--foreground"], { env: place.env, stdio: ["ignore", "pipe", "inherit"] });
const gone = once(daemon, "exit");
before(() => says(daemon.stdout, "ready"));
after(async () => {
  if (daemon.exitCode === null && daemon.kill("SIGTERM")) await gone;
  await place.close();
});

const ok = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await place.cpipe(...args);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  return stdout;
};
const entry = async (...args: string[]): Promise<RegistryEntry> => JSON.parse(await ok(...args)) as RegistryEntry;

test("the list comes from the registry, and a tool is called by its name alone", async () => {
  const { PIPE_TOOLS_PIPES: _, ...env } = place.env;
  const { stdout } = await finished(spawn(process.execPath, [join(root, "dist/cpipe.cjs"), "--list", "--json"], { env, stdio: ["ignore", "pipe", "pipe"] }));
  const { daemon: told, pipes, tools } = JSON.parse(stdout) as Listing;
  assert.deepEqual([told?.running, told?.pid, pipes], [true, daemon.pid, place.pipes]);
  assert.deepEqual(tools.map(({ name, phase }) => [name, phase]), [["echo", "ready"], ["spare", "down"]]);
  const pong = await finished(spawn(process.execPath, [join(root, "dist/cpipe.cjs"), "echo", "ping"], { env, stdio: ["ignore", "pipe", "pipe"] }));
  assert.deepEqual(pong, { code: 0, signal: null, stdout: "pong\n", stderr: "" });
});

test("the daemon's commands take the tool as plain text, those named like a built-in one too", async () => {
  assert.equal((await entry("supervisor", "status", "echo")).name, "echo");
  assert.equal((await entry("supervisor", "start", "spare")).phase, "ready");
  assert.equal(await ok("spare", "echo", "hi"), "hi\n");
  assert.equal((await entry("supervisor", "stop", "spare")).phase, "down");
  assert.deepEqual(await place.cpipe("spare", "ping"), { code: 4, signal: null, stdout: "", stderr: "cpipe: spare is down: asked to stop. Start it with: cpipe supervisor start spare\n" });
});

test("a tool of the daemon is described without touching its pipe, a command of every tool by the tool itself", async () => {
  process.kill((await entry("supervisor", "status", "echo")).pid ?? 0, "SIGSTOP");
  assert.match(await ok("echo", "--help"), /count TO +Count, one number at a time[^]*Every tool also answers ping/);
  assert.match(await ok("echo", "count", "--help"), /^cpipe echo count TO/);
  process.kill((await entry("supervisor", "status", "echo")).pid ?? 0, "SIGCONT");
  assert.match(await ok("echo", "get_interface", "--help"), /^cpipe echo get_interface NAME/);
  assert.match(await ok("echo", "get_interface", "base"), /^{"name":"base"/);
});

test("a dry run tells as a table what another file would change, or as JSON", async () => {
  const other = join(place.root, "other.yaml");
  writeFileSync(other, "tools:\n  echo: {server: echo, description: Says it again}\n  more: {server: echo}\n");
  const rows = (await ok("supervisor", "reload", "--dry-run", "--file", other)).split("\n").map((line) => line.split(/ {2,}/));
  assert.deepEqual(rows.slice(0, 4), [["TOOL", "CHANGE", "FIELDS"], ["spare", "removed"], ["echo", "live", "description"], ["more", "added"]]);
  const told = JSON.parse(await ok("supervisor", "reload", "--dry-run", "--file", other, "--output", "json")) as { changes: Array<{ outcome: string }> };
  assert.deepEqual(told.changes.map(({ outcome }) => outcome), ["planned", "planned", "planned"]);
  const near = await place.cpipe("supervisor", "reload", "--dry-run", "--file", relative(process.cwd(), other));
  assert.deepEqual([near.code, near.stdout.split("\n").length], [0, rows.length], "a path counts from where one stands");
  assert.equal((await entry("supervisor", "status", "echo")).description, "says back what it is told");
});

test("help for a tool that has never run says why there is none", async () => {
  writeFileSync(config, "tools:\n  echo: {server: echo}\n  spare: {server: echo, autostart: false}\n  fresh: {server: echo, autostart: false}\n");
  await ok("supervisor", "reload");
  const { code, stderr } = await place.cpipe("fresh", "--help");
  assert.deepEqual([code, /fresh is down.*cpipe supervisor start fresh/.test(stderr)], [4, true]);
});

test("an answer comes although the worker was killed a moment before", async () => {
  const { pid } = await entry("supervisor", "status", "echo");
  process.kill(pid ?? 0, "SIGKILL");
  assert.equal(await ok("echo", "echo", "still here"), "still here\n");
  assert.notEqual((await entry("supervisor", "status", "echo")).pid, pid);
});

test("logs are JSON lines for programs, watching ends with Ctrl-C", async () => {
  const lines = (await ok("supervisor", "logs", "--lines", "3")).trimEnd().split("\n");
  assert.equal(lines.length, 3);
  for (const line of lines) assert.ok("msg" in (JSON.parse(line) as object));
  const watching = place.start("supervisor", "watch");
  const done = finished(watching);
  await says(watching.stdout, '"name":"spare"');
  watching.kill("SIGINT");
  assert.equal((await done).code, 130);
});

test("a daemon that is being upgraded is waited for", async () => {
  assert.match(await ok("supervisor", "upgrade"), /^\d+\.\d+\.\d+\n$/);
  assert.equal(await ok("supervisor", "ping"), "pong\n");
});

test("stop without a tool stops the daemon, which is then said to be unreachable", async () => {
  assert.equal(await ok("supervisor", "stop"), "stopped\n");
  await gone;
  assert.equal((await place.cpipe("supervisor", "list")).code, 125);
  assert.match(await ok("--list"), /the daemon is not running/);
});
