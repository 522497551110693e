import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, mkdirSync, openSync, rmSync, rmdirSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { fifoOf } from "../../pipes/protocol/names.ts";
import { makeWorld, root } from "../harness.ts";
import { type Message, rawClient, type RawClient } from "../raw.ts";
import { assertNothingLeft, begun, QUICK, registryOf, startDaemon, type Supervised } from "./daemon.ts";

const TARDY = `module: ${join(root, "test/fixtures/tools/tardy.mjs")}, restart: {limit: {count: 1000, window: 1s}, backoff: {initial: 1ms, max: 20ms, jitter: 0}}`;
const SEED = Number(process.env["PIPE_TOOLS_SEED"] ?? 20261121);
const KINDS = ["pid", "again", "once", "begin"] as const;

/** Whether this message ends a request. */
const isEnd = (message: Message): boolean => message["req_id"] !== undefined && message["done"] !== false;

/** As many ends as `count`; fails when a request has two of them. */
async function endsOf(client: RawClient, count: number): Promise<Message[]> {
  const ends = new Map<unknown, Message>();
  while (ends.size < count) {
    const end = await client.next(isEnd);
    assert.ok(!ends.has(end["req_id"]), `twice: ${JSON.stringify([ends.get(end["req_id"]), end])}`);
    ends.set(end["req_id"], end);
  }
  return [...ends.values()];
}

/** One more request is answered, and nothing else has come before its answer that ends one. */
async function nothingFollows(client: RawClient): Promise<void> {
  client.send({ cmd: "pid", req_id: "last" });
  assert.equal((await client.next(isEnd))["req_id"], "last");
}

/** Numbers in [0, 1) that a seed gives again. Source: mulberry32. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What stands in the way of a ledger; each gives back how to take it away. */
const SPOILS: Array<[string, (folder: string) => () => void]> = [
  ["a file is in its folder's place", (folder) => (writeFileSync(folder, ""), () => rmSync(folder))],
  ...(process.getuid?.() === 0 ? [["the disk is full", fullDisk] as [string, typeof fullDisk]] : []),
];

function fullDisk(folder: string): () => void {
  mkdirSync(folder, { mode: 0o700 });
  assert.equal(spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", folder]).status, 0);
  return () => {
    assert.equal(spawnSync("umount", [folder]).status, 0);
    rmdirSync(folder);
  };
}

describe("under a client that writes at full speed without a lane", () => {
  const world = makeWorld();
  let daemon: Supervised;
  before(async () => {
    daemon = await startDaemon(world, `${QUICK}tools:\n${["burst", "storm", "half", "both", "python"].map((name) => `  ${name}: {${TARDY}}\n`).join("")}`);
    await Promise.all(["burst", "storm", "half", "both", "python"].map((name) => daemon.ready(name)));
  });
  after(async () => {
    await daemon.stop();
    await world.close();
  });

  it("each of 200 requests around a kill ends exactly once", async () => {
    const client = rawClient(world, "burst");
    await client.subscribe();
    const { pid } = await daemon.ready("burst");
    for (let id = 0; id < 200; id++) {
      client.send({ cmd: KINDS[id % 2 === 0 ? 0 : 1 + ((id >> 1) % 3)], ms: 20, req_id: id });
      if (id === 100) process.kill(pid, "SIGKILL");
    }
    const ends = await endsOf(client, 200);
    assert.ok(ends.filter(({ event, cmd }) => event === "error" && (cmd === "pid" || cmd === "again")).length === 0, "what may be repeated is");
    await nothingFollows(client);
    client.close();
  });

  it(`every request ends exactly once while its worker is killed again and again (seed ${SEED})`, async () => {
    const client = rawClient(world, "storm");
    await client.subscribe();
    const random = sequence(SEED);
    const open = new Set<unknown>();
    const twice: Message[] = [];
    const ended = new Map<unknown, Message>();
    let next = 0;
    const messages = (async () => {
      for (;;) {
        const message = await client.next(isEnd);
        if (!open.delete(message["req_id"])) twice.push(message, ended.get(message["req_id"]) ?? {});
        ended.set(message["req_id"], message);
        if (message["req_id"] === "last") return;
      }
    })();
    for (let kill = 0; kill < 12; kill++) {
      const { pid } = await daemon.ready("storm");
      for (let burst = 0; burst < 1 + random() * 8; burst++) {
        for (let id = 0; id < 1 + random() * 20; id++) {
          open.add(next);
          client.send({ cmd: KINDS[Math.floor(random() * 4)], ms: random() * 30, data: "x".repeat(random() * (random() < 0.1 ? 3500 : 100)), req_id: next++ });
        }
        await new Promise((resolve) => setTimeout(resolve, random() * 10)); // the schedule of the test
      }
      process.kill(pid, "SIGKILL");
      await daemon.until("storm", (entry) => entry.pid !== pid);
    }
    while (open.size > 0) await new Promise((resolve) => setTimeout(resolve, 10)); // ended by the collector above
    open.add("last");
    client.send({ cmd: "pid", req_id: "last" });
    await messages;
    assert.deepEqual([twice, [...open]], [[], []], `of ${next} requests`);
    client.close();
  });

  it("a line that was half read is completed by what its writer writes afterwards", async () => {
    const client = rawClient(world, "half");
    await client.subscribe();
    const fd = openSync(fifoOf.upstream(world.pipes, "half"), constants.O_WRONLY);
    const line = (req_id: string): string => JSON.stringify({ pid: client.pid, cmd: "again", ms: 1, data: "é".repeat(500), req_id });
    const bytes = Buffer.from(`${line("second")}\n`);
    const { pid } = await daemon.ready("half");
    writeSync(fd, Buffer.concat([Buffer.from(`${line("first")}\n`), bytes.subarray(0, 101)])); // in the middle of a character
    await client.next(({ req_id }) => req_id === "first");
    process.kill(pid, "SIGKILL");
    await daemon.until("half", (entry) => entry.phase === "ready" && entry.pid !== pid);
    writeSync(fd, bytes.subarray(101));
    closeSync(fd);
    assert.equal((await client.next(({ req_id }) => req_id === "second"))["size"], 500);
    client.close();
  });

  it("a Python client of upstream's goes on after its worker was killed, and gets one end for each request", async () => {
    const requests = [{ cmd: "again", ms: 300, req_id: 1 }, { cmd: "once", ms: 300, req_id: 2 }, { cmd: "pid", req_id: 3 }].map((request) => JSON.stringify(request));
    const child = spawn(process.env["PYTHON"] ?? "python3", [join(root, "test/fixtures/python/session.py"), "--timeout", "30", "python", ...requests], { env: { ...world.env, PYTHONDONTWRITEBYTECODE: "1" }, stdio: ["ignore", "pipe", "inherit"] });
    const lines: Message[] = [];
    createInterface({ input: child.stdout }).on("line", (text) => lines.push(JSON.parse(text) as Message));
    const ended = once(child, "close");
    await begun(world, "python", 1);
    process.kill((await daemon.ready("python")).pid, "SIGKILL");
    await begun(world, "python", 3); // the first request again, and the second
    process.kill((await daemon.ready("python")).pid, "SIGKILL");
    const [code] = (await ended) as [number | null];
    assert.equal(code, 0);
    assert.deepEqual(lines.map(({ req_id, event, message }) => [req_id, event, message]), [[1, "waited", undefined], [2, "error", "python stopped before it had answered"], [3, "pid", undefined]]);
  });

  it("a daemon that is killed together with a worker is followed by one that settles what that had read", async () => {
    const client = rawClient(world, "both");
    await client.subscribe({ wants: ["restarted"] });
    for (const cmd of ["again", "once"]) client.send({ cmd, ms: 200, req_id: cmd });
    await begun(world, "both", 2);
    const { pid } = await daemon.ready("both");
    process.kill(daemon.pid, "SIGSTOP");
    process.kill(pid, "SIGKILL");
    await daemon.crash();
    daemon = await startDaemon(world, null);
    assert.equal((await client.next(({ req_id }) => req_id === "once"))["message"], "both stopped before it had answered");
    assert.notEqual((await client.next(({ req_id }) => req_id === "again"))["pid"], pid);
    await client.next(({ event }) => event === "restarted");
    await nothingFollows(client);
    client.close();
  });
});

describe("without room for a ledger", () => {
  for (const [what, spoil] of SPOILS) {
    it(`a tool runs all the same, and the log says it once: ${what}`, async () => {
      const world = makeWorld();
      const folder = join(dirname(registryOf(world)), "ledger");
      mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
      const restore = spoil(folder);
      const daemon = await startDaemon(world, `${QUICK}tools:\n  tardy: {${TARDY}}\n`);
      const { pid } = await daemon.ready("tardy");
      process.kill(pid, "SIGKILL");
      await daemon.until("tardy", (entry) => entry.phase === "ready" && entry.pid !== pid);
      const client = rawClient(world, "tardy");
      await client.subscribe();
      client.send({ cmd: "pid", req_id: 1 });
      assert.equal((await client.next())["req_id"], 1);
      client.close();
      assert.equal(daemon.log.entries().filter(({ msg }) => String(msg).startsWith("it has no ledger")).length, 1);
      await daemon.stop();
      restore();
      assertNothingLeft(world);
      await world.close();
    });
  }
});
