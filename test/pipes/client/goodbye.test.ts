import assert from "node:assert/strict";
import { closeSync, writeSync } from "node:fs";
import { test } from "node:test";
import { ToolClient } from "../../../pipes/client.ts";
import { fifoOf } from "../../../pipes/protocol/names.ts";
import { ensureFifo, openPresentFifo, removeFifo } from "../../../pipes/transport/fifo.ts";
import { mkfifo } from "../../../pipes/transport/libc.ts";
import { FifoReader } from "../../../pipes/transport/reader.ts";
import { makeWorld, upstreamOf, type World } from "../../harness.ts";

test("closing a connection to an upstream server waits until it has read the good-bye, and is no loss", async (t) => {
  const world = makeWorld();
  const happened: string[] = [];
  const server = serveAsUpstream(world, "older", () => happened.push("let go"));
  t.after(() => {
    server.close();
    removeFifo(upstreamOf(world, "older"));
    return world.close();
  });
  const client = await ToolClient.connect("older", { folder: world.pipes });
  client.on("lost", () => happened.push("lost"));
  await client.close();
  happened.push("closed");
  assert.deepEqual(happened, ["let go", "closed"]);
});

/** Speaks the older dialect over the shared FIFO, to one client. */
function serveAsUpstream(world: World, name: string, letGo: () => void): FifoReader {
  ensureFifo(upstreamOf(world, name), mkfifo);
  let down = -1;
  const take = (line: string): void => {
    const { pid, cmd } = JSON.parse(line) as { pid: number; cmd: string };
    if (cmd === "subscribe") {
      down = openPresentFifo(fifoOf.downstream(world.pipes, name, pid), "write");
      writeSync(down, '{"result": "subscribed"}\n');
    } else {
      letGo();
      closeSync(down);
    }
  };
  return new FifoReader(openPresentFifo(upstreamOf(world, name), "both"), 4096, { line: take, overflow: () => undefined, end: () => undefined });
}
