import assert from "node:assert/strict";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { after, test } from "node:test";
import { requestWithin } from "../../../pipes/rpc/mixed.ts";
import { makeWorld, upstreamOf } from "../../harness.ts";
import { rawClient } from "../../raw.ts";

const world = makeWorld();
after(() => world.close());

test("a request in the middle of another's line is told from an object inside an argument", () => {
  assert.equal(requestWithin('{"pid":7,"cmd":"say","da{"pid":8,"cmd":"ping"}'), '{"pid":8,"cmd":"ping"}');
  assert.equal(requestWithin('{"pid":7,"cmd":"say","data":{"pid":8,"x":[1{"cmd":"ping","pid":8,"args":{"a":{"b":1}}}'), '{"cmd":"ping","pid":8,"args":{"a":{"b":1}}}');
  for (const line of ['"data":{"pid":1}}', 'no json', '{"pid":7,"cmd":"say","data":{"a":1}', ""]) assert.equal(requestWithin(line), null, line);
});

test("a long line in pieces, with short lines of another client between them, is whole again, and so are those", async () => {
  const server = await world.serve("test/fixtures/servers/odd.ts", "odd");
  const [slow, quick] = [rawClient(world, "odd", process.pid), rawClient(world, "odd", process.ppid)];
  await slow.subscribe();
  await quick.subscribe();
  const fd = openSync(upstreamOf(world, "odd"), constants.O_WRONLY);
  const bytes = Buffer.from(`${JSON.stringify({ pid: slow.pid, cmd: "anything", data: 'ü{"pid'.repeat(2000), req_id: "long" })}\n`);
  for (let at = 0; at < bytes.length; at += 4001) {
    writeSync(fd, bytes.subarray(at, at + 4001));
    quick.send({ cmd: "ping", req_id: at });
    assert.deepEqual(await quick.next(), { event: "pong", req_id: at });
  }
  const { args } = await slow.next();
  assert.deepEqual(JSON.parse(String(args)), { data: 'ü{"pid'.repeat(2000) });
  writeSync(fd, '{"pid":1,"cmd":"whose writer has died');
  for (let id = 0; id < 100; id++) {
    quick.send({ cmd: "ping", req_id: id });
    if (id !== 64) assert.equal((await quick.next())["req_id"], id, "one is lost, where the line is given up");
  }
  closeSync(fd);
  slow.close();
  quick.close();
  await server.kill();
});
