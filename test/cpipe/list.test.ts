import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Listing } from "../../cpipe/commands/list.ts";
import { Place } from "./program.ts";
import { entryOf, registryOf, writeRegistry } from "./registry.ts";

const place = new Place();
after(() => place.close());
const dead = { pid: 4_194_303, startTime: "1" };

const ok = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await place.cpipe(...args);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  return stdout;
};
const listing = async (...args: string[]): Promise<Listing> => JSON.parse(await ok("--list", "--json", ...args)) as Listing;
const mkfifo = (...names: string[]): void => {
  assert.equal(spawnSync("mkfifo", names.map((name) => join(place.pipes, name))).status, 0);
};

test("without a registry the folder is searched for pipes, and nothing else is taken for one", async () => {
  mkfifo("tool-stray", "tool-stray-12", "other");
  assert.equal(await ok("--list"), `NAME   STATE         PIPE\nstray  unsupervised  ${place.pipes}/tool-stray\n\nthe daemon is not running; start it with: pipe-tools\n`);
  assert.equal(await ok("-l", place.root), `no tools in ${place.root}\n\nthe daemon is not running; start it with: pipe-tools\n`);
  const { daemon, tools } = await listing();
  assert.equal(daemon, null);
  assert.deepEqual(tools.map(({ name, path, supervised }) => ({ name, path, supervised })), [{ name: "stray", path: join(place.pipes, "tool-stray"), supervised: false }]);
});

test("a folder that cannot be read is an error", async () => {
  const { code, stderr } = await place.cpipe("--list", "/nowhere");
  assert.equal(code, 1);
  assert.match(stderr, /^cpipe: \/nowhere: is no folder that can be read/);
});

test("the registry tells of states, progress and restarts, and why a tool is not well, beside pipes that are not in it", async () => {
  const tools = [
    entryOf("chat", place.pipes, { kind: "chat", model: "builtin", state: "loading", progress: { stage: "loading", value: 45, total: 100 }, pid: 42 }),
    entryOf("echo", place.pipes, { pid: 43, restarts: 2 }),
    entryOf("broken", place.pipes, { phase: "failed", state: null, pid: null, started: null, restarts: 9, reason: "exit code 1, nine times\nin a minute\u001b[31m" }),
    entryOf("off", place.pipes, { phase: "down", want: "down", state: null, pid: null, started: null, reason: "stopped by hand" }),
  ];
  writeRegistry(place, registryOf(place.pipes, tools));
  assert.equal(
    await ok("--list"),
    [
      "NAME    STATE                PID  MODEL    UPTIME  RESTARTS  PIPE",
      `chat    ready (loading 45%)   42  builtin      3m            ${place.pipes}/tool-chat`,
      `echo    ready (idle)          43  echo         3m         2  ${place.pipes}/tool-echo`,
      `broken  failed                    echo                    9  ${place.pipes}/tool-broken`,
      "  why: exit code 1, nine times in a minute [31m",
      `off     down                      echo                       ${place.pipes}/tool-off`,
      `stray   unsupervised                                         ${place.pipes}/tool-stray`,
      "",
    ].join("\n"),
  );
});

test("a tool that goes on with the settings before says so, though it is well, and its standby is no tool of its own", async () => {
  const note = "kept the settings before: the new ones failed: there is no such model";
  writeRegistry(place, registryOf(place.pipes, [entryOf("chat", place.pipes, { reason: note, note })]));
  execFileSync("mkfifo", [join(place.pipes, "tool-chat-next")]);
  try {
    const text = await ok("--list");
    assert.match(text, /^chat +ready \(idle\).*\n {2}why: kept the settings before: the new ones failed: there is no such model$/m);
    assert.doesNotMatch(text, /chat-next/);
  } finally {
    rmSync(join(place.pipes, "tool-chat-next"));
  }
});

test("what is wrong with tools.yaml comes first", async () => {
  const config = { path: "/c/tools.yaml", problems: ["/c/tools.yaml:3:5: unknown key 'modle'"] };
  writeRegistry(place, registryOf(place.pipes, [entryOf("echo", place.pipes)], { config }));
  assert.match(await ok("--list"), /^tools.yaml was not applied:\n {2}\/c\/tools.yaml:3:5: unknown key 'modle'\n\nNAME/);
  assert.deepEqual((await listing()).config, config);
});

test("--json has what the registry says of a tool but for its interfaces", async () => {
  const entry = entryOf("echo", place.pipes);
  writeRegistry(place, registryOf(place.pipes, [entry]));
  const { daemon, pipes, tools, open } = await listing();
  assert.deepEqual(daemon?.running, true);
  assert.deepEqual([pipes, open], [place.pipes, undefined]);
  const { interfaces: _, startTime: __, specHash: ___, ...told } = entry;
  assert.deepEqual(tools[0], { ...told, supervised: true });
});

test("a registry of a daemon that has died is not believed; a worker that lives on is shown as what it is", async () => {
  const tools = [entryOf("alive", place.pipes), entryOf("gone", place.pipes, { ...dead })];
  const live = registryOf(place.pipes, tools);
  writeRegistry(place, { ...live, daemon: { ...live.daemon, ...dead } });
  const text = await ok("--list");
  assert.match(text, /^alive +unsupervised/m);
  assert.doesNotMatch(text, /gone/);
  assert.match(text, /the daemon is not running/);
  assert.equal((await listing()).daemon?.running, false);
});

test("a registry that has the wrong shape is as good as none, and what it quotes commands no terminal", async () => {
  const whole = registryOf(place.pipes, [entryOf("quoting", place.pipes, { phase: "backoff", reason: "it said: \x1b[31m\x9b2J\u202ereversed" })]);
  const { daemon: _, ...without } = whole;
  for (const wrong of [without, { ...whole, tools: { quoting: null } }, { ...whole, config: {} }, { ...whole, tools: null }]) {
    writeRegistry(place, wrong as typeof whole);
    assert.deepEqual((await listing()).daemon, null);
    await ok("--complete", "");
  }
  writeRegistry(place, whole);
  assert.match(await ok("--list"), /why: it said: {2}\[31m 2J reversed\n/);
});

test("what every object has is no tool, unless tools.yaml names one so", async () => {
  writeRegistry(place, registryOf(place.pipes, [entryOf("toString", place.pipes)]));
  const { code, stderr } = await place.cpipe("constructor", "ping");
  assert.deepEqual([code, /there is no tool 'constructor'\. Known tools: toString/.test(stderr)], [3, true], stderr);
  assert.match(await ok("--complete", "constructor", ""), /^ping\t/);
  assert.match(await ok("--list"), /^toString +ready/m);
});

test("a call of a tool that the daemon has given up, or that is down, is exit code 4 with the reason, at once", async () => {
  const tools = [
    entryOf("broken", place.pipes, { phase: "failed", pid: null, reason: "the model file /m.gguf does not exist" }),
    entryOf("off", place.pipes, { phase: "down", want: "down", pid: null }),
  ];
  writeRegistry(place, registryOf(place.pipes, tools));
  const broken = await place.cpipe("broken", "ping");
  assert.deepEqual([broken.code, broken.stderr.startsWith("cpipe: broken has failed: the model file /m.gguf does not exist. See: cpipe supervisor logs broken")], [4, true]);
  const off = await place.cpipe("off", "ping");
  assert.deepEqual([off.code, off.stderr], [4, "cpipe: off is down. Start it with: cpipe supervisor start off\n"]);
});

test("a tool that dies again and again, with its pipe held by the daemon, is exit code 4 with the reason once nobody answers", async () => {
  const reason = "it exited with code 3; the next try is in 20 s";
  writeRegistry(place, registryOf(place.pipes, [entryOf("looping", place.pipes, { phase: "backoff", state: null, pid: null, reason })]));
  mkfifo("tool-looping");
  const held = openSync(join(place.pipes, "tool-looping"), constants.O_RDWR | constants.O_NONBLOCK);
  const { code, stderr } = await place.cpipe("looping", "ping", "--timeout", "0.3");
  closeSync(held);
  assert.deepEqual([code, stderr], [4, `cpipe: looping waits to be started again: ${reason}. See: cpipe supervisor logs looping\n`]);
});

test("--pid shows who has each pipe open, and opens none", async () => {
  writeRegistry(place, registryOf(place.pipes, []));
  const server = await place.serve("servers/echo/main.ts");
  const text = await ok("--pid");
  assert.match(text, new RegExp(`tool-echo +upstream +${server.pid}\n`));
  assert.match(text, /tool-stray +upstream +nobody\n/);
  assert.match(text, /tool-stray-12 +downstream +nobody\n/);
  const { open } = JSON.parse(await ok("--pid", place.pipes, "--json")) as Listing;
  assert.deepEqual(open?.find(({ path }) => path.endsWith("tool-echo")), { path: join(place.pipes, "tool-echo"), tool: "echo", role: "upstream", pids: [server.pid] });
});

test("--clear removes the pipes that nobody has open, and only those", async () => {
  mkfifo("tool-chat-data", "tool-chat-data-77", "tool-chat-up-77");
  assert.deepEqual((await ok("--clear")).trimEnd().split("\n"), ["tool-chat-data", "tool-chat-data-77", "tool-chat-up-77", "tool-looping", "tool-stray", "tool-stray-12"].map((name) => `removed ${join(place.pipes, name)}`));
  assert.equal(await ok("--clear"), `no orphaned pipes in ${place.pipes}\n`);
  assert.equal(await ok("echo", "ping"), "pong\n");
  assert.equal(await ok("--clear", place.pipes, "--json"), '{"removed":[]}\n');
});

test("--clear removes what a killed server and a killed client have left", async () => {
  const server = await place.serve("servers/echo/main.ts", "victim");
  const client = place.start("victim", "count", "1000", "--delay", "100000");
  await once(client.stdout as NodeJS.ReadableStream, "data");
  const exits = [once(server, "exit"), once(client, "exit")];
  server.kill("SIGKILL");
  client.kill("SIGKILL");
  await Promise.all(exits);
  const left = ["tool-victim", `tool-victim-${client.pid}`, `tool-victim-up-${client.pid}`].map((name) => `removed ${join(place.pipes, name)}`);
  assert.deepEqual((await ok("--clear")).trimEnd().split("\n"), left);
});
