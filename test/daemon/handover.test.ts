import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ToolClient } from "../../pipes/client/tool-client.ts";
import { makeWorld, root } from "../harness.ts";
import { rawClient } from "../raw.ts";
import { QUICK, startDaemon, type Supervised } from "./daemon.ts";

const tardy = `module: ${join(root, "test/fixtures/tools/tardy.mjs")}`;

describe("requests around an orderly restart", () => {
  const world = makeWorld();
  let daemon: Supervised;
  before(async () => {
    daemon = await startDaemon(world, `${QUICK}tools:\n${["calm", "late", "plain", "going"].map((name) => `  ${name}: {${tardy}}\n`).join("")}`);
    await Promise.all(["calm", "late", "plain", "going"].map((name) => daemon.ready(name)));
  });
  after(async () => {
    await daemon.stop();
    await world.close();
  });

  const draining = (name: string): Promise<unknown> => daemon.until(name, ({ phase }) => phase === "stopping");

  it("are answered by the next process when the one that stops has not read them, whether or not they may be repeated", async () => {
    const { pid } = await daemon.ready("calm");
    const client = await ToolClient.connect("calm", { folder: world.pipes });
    const restored = once(client, "restored");
    const under = client.call("once", { ms: 300 });
    const restarting = daemon.call("restart", { tool: "calm" });
    for (let answered: unknown = pid; answered === pid; ) {
      const burst = await Promise.all(Array.from({ length: 20 }, () => client.call("pid")));
      answered = burst.at(-1)?.["pid"];
    }
    await restarting;
    await restored;
    assert.equal((await under)["pid"], pid);
    await client.close();
  });

  it("that may be repeated go to the next process when the drain is too short for them", async () => {
    const { pid } = await daemon.ready("late");
    const client = await ToolClient.connect("late", { folder: world.pipes });
    const again = client.call("again", { ms: 1500 }, { idempotent: true });
    const failing = assert.rejects(client.call("once", { ms: 1500 }), { code: "stopping" });
    await client.call("ping");
    await daemon.call("restart", { tool: "late" });
    await failing;
    assert.notEqual((await again)["pid"], pid);
    await client.close();
  });

  it("of a client without a lane are, too, and it stays subscribed", async () => {
    const { pid } = await daemon.ready("plain");
    const client = rawClient(world, "plain");
    await client.subscribe({ wants: ["restarted"] });
    client.send({ cmd: "again", ms: 1500, req_id: "again" });
    client.send({ cmd: "once", ms: 1500, req_id: "once" });
    client.send({ cmd: "ping", req_id: "ping" });
    await client.next(({ req_id }) => req_id === "ping");
    const restarting = daemon.call("restart", { tool: "plain" });
    await draining("plain");
    client.send({ cmd: "again", ms: 1200, req_id: "later" }); // read or not by the time of the drain
    assert.equal((await client.next(({ req_id }) => req_id === "once"))["message"], "plain is stopping");
    const later = await client.next(({ req_id }) => req_id === "later");
    assert.notEqual(later["pid"], pid);
    assert.equal((await client.next(({ req_id }) => req_id === "again"))["pid"], later["pid"]);
    await client.next(({ event }) => event === "restarted");
    await restarting;
    assert.deepEqual(client.messages.filter(({ req_id }) => req_id !== undefined), []);
    client.close();
  });

  it("of tools that are stopped for good end as not ready, with the reason, read or not", async () => {
    const client = rawClient(world, "going");
    await client.subscribe();
    client.send({ cmd: "again", ms: 60_000, req_id: "read" });
    client.send({ cmd: "ping", req_id: "ping" });
    await client.next(({ req_id }) => req_id === "ping");
    const stopping = daemon.call("stop", { tool: "going" });
    await draining("going");
    client.send({ cmd: "again", ms: 60_000, req_id: "unread" });
    await stopping;
    for (const req_id of ["read", "unread"]) assert.match(String((await client.next((message) => message["req_id"] === req_id))["message"]), /^going is down: asked to/);
    assert.deepEqual(client.messages.filter(({ req_id }) => req_id !== undefined), []);
    client.close();
  });
});
