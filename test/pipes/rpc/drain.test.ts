import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ToolClient } from "../../../pipes/client.ts";
import { makeWorld } from "../../harness.ts";
import { rawClient } from "../../raw.ts";

const world = makeWorld();
after(() => world.close());

test("drain answers once nothing is under way; what comes meanwhile waits, and goes on when the one who drains leaves", async () => {
  const server = await world.serve("test/fixtures/servers/odd.ts", "odd");
  const other = rawClient(world, "odd", process.ppid);
  await other.subscribe();
  other.send({ cmd: "wait", req_id: "long" });
  await server.line((line) => line.includes('"msg":"waiting"'));
  const client = await ToolClient.connect("odd", { folder: world.pipes });
  let drained = false;
  const draining = client.call("drain", {}, { timeout: Infinity }).then(() => (drained = true));
  const ended = assert.rejects(draining, { code: "cancelled" });
  await client.call("ping");
  assert.equal(drained, false, "a request is under way");
  other.send({ cmd: "ping", req_id: "waits" });
  assert.equal((await client.call("ping")).event, "pong", "the one who drains is still answered");
  assert.deepEqual(other.messages, []);
  await client.close();
  assert.deepEqual(await other.next(), { event: "pong", req_id: "waits" });
  await ended;
  other.send({ cmd: "cancel", req_id: "long" });
  assert.equal((await other.next())["event"], "error");
  const again = await ToolClient.connect("odd", { folder: world.pipes });
  assert.equal((await again.call("drain")).event, "drained");
  await again.close();
  other.close();
  await server.kill();
});
