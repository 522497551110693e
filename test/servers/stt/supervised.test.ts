import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { QUICK, startDaemon } from "../../daemon/daemon.ts";
import { makeWorld } from "../../harness.ts";
import { rawClient } from "../../raw.ts";
import { joined, RATE, say, silence, wav } from "./speech.ts";

test("of a worker that is killed a file is transcribed by the next one; sound that was sent went with it, and that is said", async () => {
  const world = makeWorld();
  const daemon = await startDaemon(world, `${QUICK}tools:\n  stt: {server: stt}\n`);
  const path = join(world.folder, "door.wav");
  await writeFile(path, wav(joined(silence(0.4), (await say("Please open the door for me."))[0]!, silence(0.8))));
  await daemon.until("stt", ({ state }) => state === "ready");
  const { pid } = await daemon.ready("stt");
  const client = rawClient(world, "stt");
  await client.subscribe();
  client.send({ cmd: "transcribe", audio: { rate: RATE, width: 2, channels: 1, encoding: "s16le" }, req_id: "sound" });
  client.send({ cmd: "ping" });
  await client.next(({ event }) => event === "pong"); // it has been read
  client.send({ cmd: "transcribe", path, req_id: "file" });
  process.kill(pid, "SIGKILL");
  const lost = await client.next(({ event, req_id }) => req_id === "sound" && event === "error");
  assert.match(String(lost["message"]), /stopped before it had answered/);
  const heard = await client.next(({ event, req_id }) => req_id === "file" && event === "heard");
  assert.match(String(heard["text"]), /the door for me/);
  client.close();
  await daemon.stop();
  await world.close();
});
