import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, test } from "node:test";
import { fifoOf } from "../../../pipes/protocol/names.ts";
import { makeWorld } from "../../harness.ts";
import { rawClient } from "../../raw.ts";

const world = makeWorld();
after(() => world.close());

test("stop is answered, told to all once, and ends the process in order", async () => {
  const second = await world.serve("test/fixtures/servers/odd.ts", "second");
  const [asking, watching] = [rawClient(world, "second", process.pid), rawClient(world, "second", process.ppid)];
  await asking.subscribe();
  await watching.subscribe();
  asking.send({ cmd: "stop" });
  assert.deepEqual(await asking.next(), { event: "state_changed", state: "stopping" });
  assert.deepEqual(await watching.next(), { event: "state_changed", state: "stopping" });
  assert.deepEqual(await second.ended, { code: 0, signal: null });
  assert.equal(existsSync(fifoOf.upstream(world.pipes, "second")), false);
  assert.deepEqual([asking.messages, watching.messages], [[], []]);
  asking.close();
  watching.close();
});

test("exit, the older word, is answered in the older form", async () => {
  const second = await world.serve("test/fixtures/servers/odd.ts", "second");
  const asking = rawClient(world, "second", process.pid);
  await asking.subscribe();
  asking.send({ cmd: "exit" });
  assert.deepEqual(await asking.next(), { result: "stopping" });
  assert.deepEqual(await second.ended, { code: 0, signal: null });
  asking.close();
});
