import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { makeWorld, root, type World } from "../harness.ts";
import { type Message, rawClient, type RawClient } from "../raw.ts";
import { begun, QUICK, startDaemon, type Supervised } from "./daemon.ts";

const TARDY = `module: ${join(root, "test/fixtures/tools/tardy.mjs")}, restart: {limit: {count: 1000, window: 1s}, backoff: {initial: 1ms, max: 20ms, jitter: 0}}`;
const FOREVER = 3_600_000;

/** A client as upstream's is: without a lane, and deaf to the end of its server. */
async function subscribed(world: World, tool: string, fields: Message = {}): Promise<RawClient> {
  const client = rawClient(world, tool);
  await client.subscribe(fields);
  return client;
}

async function kill(daemon: Supervised, tool: string): Promise<number> {
  const { pid } = await daemon.ready(tool);
  process.kill(pid, "SIGKILL");
  return pid;
}

describe("requests of a client without a lane whose worker is killed", () => {
  const world = makeWorld();
  let daemon: Supervised;
  before(async () => {
    daemon = await startDaemon(world, `${QUICK}tools:\n${["tardy", "older", "long", "deadly"].map((name) => `  ${name}: {${TARDY}}\n`).join("")}  given: {module: ${join(root, "test/fixtures/tools/tardy.mjs")}, restart: {policy: never}}\n`);
    await Promise.all(["tardy", "older", "long", "deadly", "given"].map((name) => daemon.ready(name)));
  });
  after(async () => {
    await daemon.stop();
    await world.close();
  });

  it("are answered by the next one where they may be repeated; each other one ends as interrupted; and the client is still subscribed", async () => {
    const client = await subscribed(world, "tardy", { wants: ["restarted"] });
    client.send({ cmd: "begin", ms: FOREVER, req_id: "begun" });
    assert.equal((await client.next())["text"], "first ");
    client.send({ cmd: "again", ms: 100, req_id: "again" });
    client.send({ cmd: "once", ms: 100, req_id: "once" });
    await begun(world, "tardy", 3);
    const pid = await kill(daemon, "tardy");
    client.send({ cmd: "pid", req_id: "waiting" });
    const ends = new Map<unknown, Message>();
    for (let count = 0; count < 4; count++) {
      const end = await client.next(({ req_id }) => req_id !== undefined);
      assert.ok(!ends.has(end["req_id"]), JSON.stringify(end));
      ends.set(end["req_id"], end);
    }
    const message = "tardy stopped before it had answered";
    assert.deepEqual(ends.get("begun"), { event: "error", message, req_id: "begun", cmd: "begin" });
    assert.deepEqual(ends.get("once"), { event: "error", message, req_id: "once", cmd: "once" });
    assert.equal(ends.get("again")?.["event"], "waited");
    assert.equal(ends.get("waiting")?.["pid"], ends.get("again")?.["pid"]);
    assert.notEqual(ends.get("waiting")?.["pid"], pid);
    assert.deepEqual(await client.next(), { event: "restarted" });
    client.send({ cmd: "tell", data: "all", req_id: "new" });
    assert.deepEqual(await client.next(), { event: "told", data: "all" });
    assert.equal((await client.next())["req_id"], "new");
    assert.deepEqual(client.messages, []);
    client.close();
  });

  it("end in the dialect that the client speaks", async () => {
    const client = await subscribed(world, "older", { dialect: "result" });
    client.send({ cmd: "once", ms: FOREVER, req_id: 1 });
    await begun(world, "older", 1);
    await kill(daemon, "older");
    const message = "older stopped before it had answered";
    assert.deepEqual(await client.next(), { error: message, result: `error: ${message}`, done: true, req_id: 1 });
    client.send({ cmd: "status" });
    assert.deepEqual(await client.next(), { result: "idle" });
    client.close();
  });

  it("are repeated in full up to some thousand bytes, and interrupted when they are longer", async () => {
    const client = await subscribed(world, "long");
    client.send({ cmd: "again", ms: 100, data: "x".repeat(3000), req_id: 1 });
    client.send({ cmd: "again", ms: FOREVER, data: "y".repeat(50_000), req_id: 2 });
    await begun(world, "long", 2);
    client.send({ cmd: "ping" });
    await client.next(); // the turn in which it was read, and in which it is there in full, is over
    await kill(daemon, "long");
    const [one, two] = [await client.next(({ req_id }) => req_id === 1), await client.next(({ req_id }) => req_id === 2)];
    assert.equal(one["size"], 3000);
    assert.equal(two["message"], "long stopped before it had answered");
    client.close();
  });

  it("are not tried for ever: what is under way at three deaths is what they may have died of", async () => {
    const client = await subscribed(world, "deadly");
    client.send({ cmd: "die", req_id: "poison" });
    client.send({ cmd: "pid", req_id: "behind" });
    assert.equal((await client.next())["message"], "deadly stopped before it had answered");
    assert.equal((await client.next())["req_id"], "behind");
    assert.equal((await daemon.ready("deadly")).restarts, 3);
    client.close();
  });

  it("end as not ready when the tool is given up, with the reason", async () => {
    const client = await subscribed(world, "given");
    client.send({ cmd: "again", ms: FOREVER, req_id: "again" });
    await begun(world, "given", 1);
    await kill(daemon, "given");
    assert.match(String((await client.next())["message"]), /^given has failed: it was ended by SIGKILL/);
    client.close();
  });
});
