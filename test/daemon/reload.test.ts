import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { initConfig } from "../../pipes/client/init.ts";
import { configOf, configure, pidsOf, QUICK, startDaemon, type Supervised, vanished, workersOf } from "./daemon.ts";
import { makeWorld, root } from "../harness.ts";

const slow = join(root, "test/fixtures/tools/slow.mjs");
const BASE = `${QUICK}tools:\n  one: {server: echo}\n  two: {module: ${slow}, settings: {greeting: hi}}\n  three: {server: echo}\n`;

describe("tools.yaml, saved while the daemon runs", () => {
  const world = makeWorld();
  let daemon: Supervised;
  before(async () => {
    daemon = await startDaemon(world, BASE);
    await Promise.all(["one", "two", "three"].map((name) => daemon.ready(name)));
  });
  after(async () => {
    await daemon.stop();
    await world.close();
  });

  it("brings a tool that `echo >>` adds within a second, and touches no other", async (t) => {
    const before = await pidsOf(daemon);
    const began = performance.now();
    appendFileSync(configOf(world), "  x: {server: echo}\n");
    await daemon.until("x", () => true);
    const took = performance.now() - began;
    t.diagnostic(`in the list after ${took.toFixed(0)} ms`);
    assert.ok(took < 1000, `${took} ms`);
    await daemon.ready("x");
    assert.deepEqual({ ...(await pidsOf(daemon)), x: 0 }, { ...before, x: 0 });
  });

  it("takes away a tool that is no longer in it, with its process and its pipe", async () => {
    const before = await pidsOf(daemon);
    const gone = daemon.removed("x");
    configure(world, BASE);
    await gone;
    await daemon.log.line(({ tool, msg }) => tool === "x" && msg === "stopping → down");
    await vanished(join(world.pipes, "tool-x"));
    delete before["x"];
    assert.deepEqual(await pidsOf(daemon), before);
  });

  it("restarts only the tool whose settings changed, and gives it the new ones", async () => {
    const before = await pidsOf(daemon);
    configure(world, BASE.replace("greeting: hi", "greeting: hello"));
    const two = await daemon.until("two", ({ phase, pid }) => phase === "ready" && pid !== before["two"]);
    assert.deepEqual(await pidsOf(daemon), { ...before, two: two.pid });
    const switched = await daemon.log.line(({ tool, msg }) => tool === "two" && msg === "the change is in force");
    assert.match(String(switched["reason"]), /^the new worker was ready before the old one left: tools.yaml changed: settings.greeting changed/);
    assert.match(readFileSync(`/proc/${two.pid}/environ`, "utf8"), /PIPE_TOOLS_SETTINGS=\{"greeting":"hello"\}/);
  });

  it("changes what needs no new process while it runs", async () => {
    const before = await pidsOf(daemon);
    configure(world, BASE.replace("greeting: hi", "greeting: hello").replace("three: {server: echo}", "three: {server: echo, description: The third, restart: never}"));
    assert.equal((await daemon.until("three", ({ description }) => description === "The third")).restarts, 0);
    assert.deepEqual(await pidsOf(daemon), before);
    process.kill(before["three"] ?? 0, "SIGKILL");
    assert.match((await daemon.until("three", ({ phase }) => phase === "failed")).reason ?? "", /its restart policy is never/);
  });

  it("keeps everything running when it has a typo, says where, and forgets it when it is mended", async () => {
    const { pid: old } = await daemon.ready("two");
    configure(world, BASE);
    await daemon.until("two", ({ phase, pid, beside }) => phase === "ready" && pid !== old && beside === undefined);
    await daemon.call("start", { tool: "three" });
    const before = await pidsOf(daemon);
    configure(world, `${BASE}  four: {sevrer: echo}\n`);
    const { problems } = await daemon.log.line(({ msg }) => msg === "the config was not applied");
    assert.match(String((problems as string[])[0]), new RegExp(`^${configOf(world)}:6:10: .*sevrer.*server`));
    await daemon.settled(({ config }) => JSON.stringify(config.problems) === JSON.stringify(problems));
    await daemon.running.line((line) => line.includes(`${configOf(world)}:6:10`));
    await daemon.running.line((line) => line.includes("^^^^^^"));
    await assert.rejects(daemon.call("reload"), { code: "invalid-config", message: /:6:10: / });
    assert.deepEqual(await pidsOf(daemon), before);
    const mended = daemon.log.next(({ msg }) => msg === "the config was applied");
    configure(world, BASE);
    await mended;
    await daemon.settled(({ config }) => config.problems.length === 0);
    assert.deepEqual(await pidsOf(daemon), before);
  });

  it("never runs two processes of a tool that goes and comes back at once", async () => {
    const { pid } = await daemon.ready("two");
    const without = BASE.replace(/ {2}two.*\n/, "");
    const gone = daemon.removed("two");
    process.kill(pid, "SIGSTOP"); // so that it takes its time
    configure(world, without);
    await gone;
    configure(world, BASE);
    await daemon.until("two", ({ phase }) => phase === "stopping");
    const next = await daemon.until("two", ({ phase, pid: now }) => phase === "ready" && now !== pid);
    assert.deepEqual(workersOf(world).filter((each) => [pid, next.pid].includes(each)), [next.pid]);
  });

  it("is read again when an editor puts another file in its place", async () => {
    const before = await pidsOf(daemon);
    for (const name of ["first", "second"]) {
      writeFileSync(`${configOf(world)}.swp`, `${BASE}  ${name}: {server: echo}\n`);
      renameSync(`${configOf(world)}.swp`, configOf(world));
      await daemon.ready(name);
    }
    assert.deepEqual({ ...(await pidsOf(daemon)), second: 0 }, { ...before, second: 0 });
  });

  it("is read again at SIGHUP and when asked over the pipe", async () => {
    const applied = daemon.log.next(({ reason }) => reason === "SIGHUP");
    process.kill(daemon.pid, "SIGHUP");
    assert.deepEqual((await applied)["changes"], []);
    assert.deepEqual((await daemon.call("reload"))["changes"], []);
    await daemon.running.line((line) => line.includes("nothing to change"));
  });

  it("says of what cannot change now that it will at the next start", async () => {
    configure(world, `logs: {level: debug}\n${BASE}`);
    const { notes } = await daemon.log.line(({ notes }) => notes !== undefined);
    assert.deepEqual(notes, ["what logs: says takes effect at the next start of the daemon"]);
  });
});

describe("tools.yaml behind a symbolic link", () => {
  const world = makeWorld();
  after(() => world.close());

  it("is followed when the link turns and when its target changes", async () => {
    const file = (name: string): string => join(world.folder, name);
    mkdirSync(dirname(configOf(world)), { recursive: true, mode: 0o700 });
    for (const name of ["a", "b"]) writeFileSync(file(name), `${QUICK}tools:\n  ${name}: {server: echo}\n`);
    symlinkSync(file("a"), configOf(world));
    const daemon = await startDaemon(world, null);
    await daemon.ready("a");
    symlinkSync(file("b"), file("turned"));
    renameSync(file("turned"), configOf(world));
    await daemon.ready("b");
    appendFileSync(file("b"), "  c: {server: echo}\n");
    await daemon.ready("c");
    assert.deepEqual((await daemon.list()).map(({ name }) => name), ["b", "c"]);
    await daemon.stop();
  });
});

describe("a daemon that starts", () => {
  it("with a broken config runs no tool until it is mended, on the pipes that it names", async () => {
    const world = makeWorld();
    const pipes = join(world.folder, "elsewhere");
    const env = { PIPE_TOOLS_PIPES: "" };
    const daemon = await startDaemon({ ...world, pipes }, `pipes: ${pipes}\n${QUICK}tools:\n  one: {sevrer: echo}\n`, { env });
    assert.deepEqual(await daemon.list(), []);
    assert.match(daemon.registry().config.problems.join(), /:4:9: .*sevrer/);
    await daemon.running.line((line) => line.includes("sevrer"));
    configure(world, `pipes: ${pipes}\n${QUICK}tools:\n  one: {server: echo}\n`);
    assert.equal((await daemon.ready("one")).path, join(pipes, "tool-one"));
    await daemon.stop();
    await world.close();
  });

  it("with a config that is named and missing says so, and takes it when it comes", async () => {
    const world = makeWorld();
    const path = join(world.folder, "mine", "tools.yaml");
    const daemon = await startDaemon(world, null, { env: { PIPE_TOOLS_CONFIG: path } });
    assert.match(daemon.registry().config.problems.join(), /there is no such file/);
    mkdirSync(dirname(path));
    writeFileSync(path, `${QUICK}tools:\n  one: {server: echo}\n`);
    await daemon.ready("one");
    await daemon.settled(({ config }) => config.path === path && config.problems.length === 0);
    rmSync(path);
    await daemon.log.line(({ problems }) => String(problems).includes("there is no such file") && daemon.log.entries().some(({ msg }) => msg === "the config was applied"));
    assert.equal((await daemon.list())[0]?.phase, "ready");
    await daemon.stop();
    await world.close();
  });

  it("without a config uses the packaged one until `cpipe --init` makes one", async () => {
    const world = makeWorld();
    const packaged = await startDaemon(world, null);
    const { pid } = await packaged.ready("echo");
    assert.equal(packaged.registry().config.path, join(root, "config/tools.yaml"));
    assert.equal(initConfig({ config: configOf(world) }, root).created, true);
    await packaged.log.line(({ config }) => config === configOf(world));
    await packaged.settled(({ config }) => config.path === configOf(world));
    assert.equal((await packaged.ready("echo")).pid, pid, "the same tools at another place are no other tools");
    await packaged.stop();
    await world.close();
  });
});
