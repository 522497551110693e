import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ToolClient } from "../../pipes/client/tool-client.ts";
import { makeWorld, root } from "../harness.ts";
import { rawClient } from "../raw.ts";
import { configure, QUICK, startDaemon, type Supervised, workersOf } from "./daemon.ts";

const stubborn = join(root, "test/fixtures/tools/stubborn.mjs");
const yamlOf = (settings: string): string => `${QUICK}tools:\n  tool: {module: ${stubborn}, settings: {${settings}}}\n`;

describe("a change of settings that needs another process", () => {
  const world = makeWorld();
  let daemon: Supervised;
  before(async () => {
    daemon = await startDaemon(world, yamlOf("round: 0"));
    await daemon.ready("tool");
  });
  after(async () => {
    await daemon.stop();
    await world.close();
  });

  it("has the new worker ready before the old one leaves; clients at full rate see no error", async (t) => {
    const laned = await ToolClient.connect("tool", { folder: world.pipes });
    const raw = rawClient(world, "tool", process.ppid);
    await raw.subscribe();
    const over = new AbortController();
    const pids = new Set<unknown>();
    let longest = 0;
    let calls = 0;
    const full = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const began = performance.now();
        pids.add((await laned.call("whoami"))["pid"]);
        longest = Math.max(longest, performance.now() - began);
        calls++;
      }
    };
    let rawLongest = 0;
    const upstreamLike = async (): Promise<void> => {
      for (let id = 0; !over.signal.aborted; id++) {
        const began = performance.now();
        raw.send({ cmd: "whoami", req_id: id });
        const answer = await raw.next(({ req_id }) => req_id === id);
        assert.notEqual(answer["event"], "error", JSON.stringify(answer));
        rawLongest = Math.max(rawLongest, performance.now() - began);
        calls++;
      }
    };
    const load = Promise.all([full(), full(), full(), upstreamLike()]);
    const seen = [(await daemon.ready("tool")).pid];
    for (const round of [1, 2, 3]) {
      const switched = daemon.log.next(({ msg }) => msg === "the change is in force");
      configure(world, yamlOf(`round: ${round}`));
      await switched;
      const { pid } = await daemon.until("tool", ({ phase, pid, beside }) => phase === "ready" && pid !== seen.at(-1) && beside === undefined);
      seen.push(pid as number);
    }
    over.abort();
    await load;
    assert.deepEqual(pids, new Set(seen));
    t.diagnostic(`${calls} calls; longest ${longest.toFixed(1)} ms with a lane, ${rawLongest.toFixed(1)} ms without`);
    await laned.close();
    raw.close();
  });
});

describe("new settings that do not work", () => {
  const world = makeWorld();
  let daemon: Supervised;
  before(async () => {
    daemon = await startDaemon(world, yamlOf("round: 0"));
    await daemon.ready("tool");
  });
  after(async () => {
    await daemon.stop();
    await world.close();
  });

  for (const [fail, what] of [
    ["exit", /it exited with code 1: Error: no such model/],
    ["error", /the model is broken/],
    ["never, timeouts: {load: 300ms}", /its loading got no further for 300 ms/],
  ] as const) {
    it(`are taken back, and the worker that serves is left alone, when the next one fails by: ${fail}`, async () => {
      const { pid, specHash } = await daemon.ready("tool");
      const [settings = "", rest] = fail.split(", ");
      const told = daemon.log.next(({ msg, tool }) => tool === "tool" && msg === "the change is not in force");
      configure(world, rest === undefined ? yamlOf(`fail: ${settings}`) : yamlOf(`fail: ${settings}`).replace(/\}\}\n$/, `}, ${rest}}\n`));
      assert.match(String((await told)["reason"]), what);
      const entry = await daemon.until("tool", ({ reason, beside }) => reason?.startsWith("kept the settings before: the new ones failed: ") === true && beside === undefined);
      assert.deepEqual([entry.pid, entry.phase, entry.specHash, entry.note], [pid, "ready", specHash, entry.reason]);
      assert.match(entry.reason ?? "", what);
      const client = await ToolClient.connect("tool", { folder: world.pipes });
      assert.deepEqual([(await client.call("whoami"))["pid"], (await client.call("whoami"))["round"]], [pid, 0]);
      await client.close();
    });
  }

  it("are forgotten once tools.yaml has those that are in force", async () => {
    const { pid } = await daemon.until("tool", ({ note }) => note !== undefined);
    configure(world, yamlOf("round: 0"));
    const entry = await daemon.until("tool", ({ note }) => note === undefined);
    assert.deepEqual([entry.pid, entry.phase, entry.reason?.includes("kept")], [pid, "ready", false]);
  });

  it("are not those of its next process either", async () => {
    const { pid } = await daemon.ready("tool");
    configure(world, yamlOf("fail: exit"));
    await daemon.until("tool", ({ reason }) => reason?.includes("no such model") === true);
    process.kill(pid, "SIGKILL");
    await daemon.until("tool", ({ phase, pid: now }) => phase === "ready" && now !== pid);
    const client = await ToolClient.connect("tool", { folder: world.pipes });
    assert.equal((await client.call("whoami"))["round"], 0);
    await client.close();
  });

  it("are followed by better ones", async () => {
    const { pid } = await daemon.ready("tool");
    configure(world, yamlOf("round: 7"));
    const { reason } = await daemon.until("tool", ({ phase, pid: now, beside }) => phase === "ready" && now !== pid && beside === undefined);
    assert.equal(reason, "it answers on its pipe");
  });

  it("give way to others that are saved meanwhile, and to a stop, with one standby at most", async () => {
    const { pid } = await daemon.ready("tool");
    configure(world, yamlOf("fail: never"));
    const { beside } = await daemon.until("tool", (entry) => entry.beside?.[0]?.state === "loading");
    configure(world, yamlOf("round: 8"));
    await daemon.until("tool", ({ phase, pid: now, beside: others }) => phase === "ready" && now !== pid && others === undefined);
    assert.deepEqual(workersOf(world).filter((each) => each === pid || each === beside?.[0]?.pid), []);
    configure(world, yamlOf("fail: never"));
    await daemon.until("tool", (entry) => entry.beside?.[0]?.state === "loading");
    await daemon.call("stop", { tool: "tool" });
    assert.deepEqual(workersOf(world), []);
    configure(world, yamlOf("round: 9"));
    await daemon.log.line(({ changes }) => JSON.stringify(changes ?? "").includes("round"));
    await daemon.call("start", { tool: "tool" });
  });

  it("leave no second worker when the daemon is killed meanwhile", async () => {
    const { pid } = await daemon.ready("tool");
    configure(world, yamlOf("fail: never"));
    await daemon.until("tool", (entry) => entry.beside?.[0]?.state === "loading");
    await daemon.crash();
    configure(world, yamlOf("round: 10"));
    daemon = await startDaemon(world, null);
    const next = await daemon.until("tool", ({ phase, pid: now, beside }) => phase === "ready" && now !== pid && beside === undefined);
    assert.deepEqual(workersOf(world), [next.pid]);
  });
});

describe("a program of another kind, whose pipe two cannot share", () => {
  it("makes room for the new one first, and comes back with what worked when that one fails", async () => {
    const world = makeWorld();
    const yaml = (fail: string): string => `${QUICK}tools:\n  tool: {command: [${process.execPath}, --import, tsx, ${join(root, "test/fixtures/servers/odd.ts")}], cwd: ${root}, env: {FAIL: "${fail}"${fail === "" ? "" : ", NODE_OPTIONS: --no-such-option"}}}\n`;
    const daemon = await startDaemon(world, yaml(""));
    const { pid, specHash } = await daemon.ready("tool");
    configure(world, yaml("yes"));
    const entry = await daemon.until("tool", ({ phase, reason }) => phase === "ready" && reason?.startsWith("kept the settings before") === true);
    assert.notEqual(entry.pid, pid);
    assert.equal(entry.specHash, specHash);
    assert.match(entry.reason ?? "", /no-such-option/);
    assert.deepEqual(workersOf(world), [entry.pid]);
    await daemon.stop();
    await world.close();
  });
});

describe("a chat with another model", () => {
  it("answers throughout", async (t) => {
    const world = makeWorld();
    const yaml = (size: number): string => `${QUICK}tools:\n  chat: {server: chat, model: builtin, gpu: false, threads: 1, contextSize: ${size}}\n`;
    const daemon = await startDaemon(world, yaml(1024));
    const { pid } = await daemon.until("chat", ({ phase, state }) => phase === "ready" && state === "idle");
    const client = await ToolClient.connect("chat", { folder: world.pipes });
    const over = new AbortController();
    const times: number[] = [];
    const asking = (async () => {
      while (!over.signal.aborted) {
        const began = performance.now();
        assert.equal((await client.call("chat_blocking", { messages: [{ role: "user", content: "Hello" }], maxTokens: 8 })).event, "reply");
        times.push(performance.now() - began);
      }
    })();
    configure(world, yaml(2048));
    await daemon.until("chat", ({ phase, pid: now, beside }) => phase === "ready" && now !== pid && beside === undefined);
    over.abort();
    await asking;
    times.sort((x, y) => x - y);
    t.diagnostic(`${times.length} answers; median ${times[times.length >> 1]?.toFixed(0)} ms, longest ${times.at(-1)?.toFixed(0)} ms`);
    await client.close();
    await daemon.stop();
    await world.close();
  });
});
