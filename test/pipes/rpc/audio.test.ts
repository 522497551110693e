import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { after, before, test } from "node:test";
import { ToolClient, ToolError, type ToolEvent } from "../../../pipes/client.ts";
import { fifoOf } from "../../../pipes/protocol/names.ts";
import { BlockDecoder, encodeBlocks } from "../../../pipes/transport/blocks.ts";
import { ByteReader } from "../../../pipes/transport/bytes.ts";
import { ensureFifo, openPresentFifo, removeFifo } from "../../../pipes/transport/fifo.ts";
import { mkfifo } from "../../../pipes/transport/libc.ts";
import { makeWorld, type Running } from "../../harness.ts";
import { rawClient } from "../../raw.ts";

const world = makeWorld();
let server: Running;
let sound: ToolClient;
before(async () => {
  server = await world.serve("test/fixtures/servers/sound.ts", "sound");
  sound = await ToolClient.connect("sound", { folder: world.pipes });
});
after(async () => {
  await sound.close();
  await server.kill();
  await world.close();
});

/** The samples that the server counts. */
function counting(first: number, samples: number): Buffer {
  const pcm = Buffer.alloc(2 * samples);
  for (let index = 0; index < samples; index++) pcm.writeUInt16LE((first + index) % 65_536, 2 * index);
  return pcm;
}
async function all(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}
const hashOf = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
const codeOf = (code: string) => (error: unknown): boolean => error instanceof ToolError && error.code === code;

test("sound comes whole and in order, with its format before and the answer after it", async () => {
  const reply = sound.receiveAudio("count", { samples: 500_000, chunk: 7001 });
  assert.deepEqual(await reply.format, { rate: 48_000, width: 2, channels: 1, encoding: "s16le" });
  assert.deepEqual(await all(reply), counting(0, 500_000));
  assert.equal((await reply.final)["sent"], 1_000_000);
});

test("several recordings at once reach the client one after another, each as its own", async () => {
  const replies = [10, 20, 30].map((first) => sound.receiveAudio("count", { samples: 60_000, first }));
  const recordings = await Promise.all(replies.map(all));
  for (const [index, recording] of recordings.entries()) assert.deepEqual(recording, counting(10 * (index + 1), 60_000));
});

test("a client that takes its time holds the server back, and loses nothing", async () => {
  const reply = sound.receiveAudio("count", { samples: 4_000_000 });
  const first = await reply.next();
  assert.equal((await sound.call("ping")).event, "pong");
  const state = await Promise.race([reply.final.then(() => "answered"), sound.call("get_state").then(() => "waiting")]);
  assert.equal(state, "waiting", "8 MB fit in no pipe");
  assert.equal((first.value as Buffer).length + (await all(reply)).length, 8_000_000);
});

test("leaving the loop cancels the request, and the next recording is not touched by what was left", async () => {
  for await (const chunk of sound.receiveAudio("count", { samples: 40_000_000 })) {
    assert.ok(chunk.length > 0);
    break;
  }
  assert.deepEqual(await all(sound.receiveAudio("count", { samples: 1000, first: 5 })), counting(5, 1000));
  assert.deepEqual((await sound.call("cancel"))["count"], 0, "nothing is under way there");
});

test("a failure in the middle ends the loop with the server's error, and the next recording is whole", async () => {
  const broken = sound.receiveAudio("count", { samples: 100_000, fail: true });
  await assert.rejects(all(broken), codeOf("handler-failed"));
  await assert.rejects(broken.final, /the voice broke/);
  assert.deepEqual(await all(sound.receiveAudio("count", { samples: 1000 })), counting(0, 1000));
});

test("a request that was given up before its sound began leaves the others theirs", async () => {
  const long = sound.receiveAudio("count", { samples: 300_000 });
  await long.format;
  const given = new AbortController();
  const second = sound.receiveAudio("count", { samples: 1000, first: 1 }, { signal: given.signal });
  const third = sound.receiveAudio("count", { samples: 1000, first: 2 });
  given.abort();
  await assert.rejects(all(second), codeOf("cancelled"));
  assert.equal((await all(long)).length, 600_000);
  assert.deepEqual(await all(third), counting(2, 1000));
});

test("sound that is sent arrives whole, of several requests at once, too", async () => {
  const recordings = [3_000_000, 17, 500_000].map((length) => randomBytes(length));
  const answers = await Promise.all(
    recordings.map(async (recording) => {
      const request = sound.sendAudio("take");
      request.input.end(recording);
      const events: ToolEvent[] = [];
      for await (const event of request) events.push(event);
      return events.at(-1);
    }),
  );
  assert.deepEqual(answers.map((answer) => [answer?.["bytes"], answer?.["hash"]]), recordings.map((recording) => [recording.length, hashOf(recording)]));
});

test("an empty recording is one, too", async () => {
  const request = sound.sendAudio("take");
  request.input.end();
  assert.equal(((await request.next()).value as ToolEvent)["bytes"], 0);
});

test("a server that has enough answers, and what is sent after that is dropped without an error", async () => {
  const request = sound.sendAudio("take", { most: 100_000 });
  for (let sent = 0; sent < 50; sent++) request.input.write(randomBytes(20_000));
  const answer = (await request.next()).value as ToolEvent;
  assert.ok(Number(answer["bytes"]) >= 100_000 && Number(answer["bytes"]) < 500_000, String(answer["bytes"]));
  await new Promise<void>((resolve) => request.input.end(resolve));
  const again = sound.sendAudio("take");
  again.input.end(Buffer.from("ab"));
  assert.equal(((await again.next()).value as ToolEvent)["hash"], hashOf(Buffer.from("ab")), "the lane is in step");
});

test("whoever has made no data FIFO is told where it is missing, at once", async () => {
  const server = await world.serve("test/fixtures/servers/sound.ts", "other");
  const client = await ToolClient.connect("other", { folder: world.pipes });
  await assert.rejects(client.call("count", { samples: 10 }), (error) => codeOf("no-audio-pipe")(error) && /tool-other-data-\d+/.test((error as Error).message));
  await assert.rejects(client.call("take"), codeOf("no-audio-pipe"));
  await client.close();
  await server.kill();
});

test("a server that dies ends both directions with `interrupted`, and a new one finds no rest of the old", async () => {
  const server = await world.serve("test/fixtures/servers/sound.ts", "mortal");
  const client = await ToolClient.connect("mortal", { folder: world.pipes, reconnect: false });
  const reply = client.receiveAudio("count", { samples: 40_000_000 });
  const request = client.sendAudio("take");
  request.input.write(randomBytes(100_000));
  await reply.next();
  await server.kill("SIGKILL");
  await assert.rejects(all(reply), codeOf("interrupted"));
  await assert.rejects(request.next(), codeOf("interrupted"));
  await client.close();
  const next = await world.serve("test/fixtures/servers/sound.ts", "mortal");
  const again = await ToolClient.connect("mortal", { folder: world.pipes });
  assert.deepEqual(await all(again.receiveAudio("count", { samples: 100, first: 9 })), counting(9, 100));
  await again.close();
  await next.kill();
});

test("data FIFOs are made when they are needed, are ours alone, and go with the connection", async () => {
  assert.deepEqual(world.leftovers().filter((file) => file.includes("data")).sort(), ["tool-sound-data", `tool-sound-data-${process.pid}`, `tool-sound-data-up-${process.pid}`]);
});

/** A client without a lane, as upstream has them: its blocks begin with its pid. */
test("a client without a lane sends over the shared data FIFO and reads from its own", async () => {
  await sound.close(); // it has the names of this process's FIFOs
  const raw = rawClient(world, "sound");
  const path = fifoOf.data.downstream(world.pipes, "sound", raw.pid);
  ensureFifo(path, mkfifo);
  const heard: Buffer[] = [];
  let whole: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (whole = resolve));
  const decoder = new BlockDecoder("length", { piece: (bytes) => heard.push(bytes), end: () => whole(), broken: (length) => assert.fail(`a block of ${length} bytes`) });
  const reader = new ByteReader(openPresentFifo(path, "both"), { bytes: (chunk) => decoder.push(chunk), end: () => undefined });
  await raw.subscribe();
  raw.send({ cmd: "count", samples: 2000 });
  assert.deepEqual(await raw.next((message) => message["event"] === "audio_start"), { event: "audio_start", rate: 48_000, width: 2, channels: 1, encoding: "s16le" });
  await ended;
  assert.deepEqual(Buffer.concat(heard), counting(0, 2000));
  await raw.next((message) => message["event"] === "counted");

  const recording = randomBytes(40_000);
  raw.send({ cmd: "take", req_id: "mine" });
  await raw.next((message) => message["event"] === "audio_ready");
  const data = openSync(fifoOf.data.upstream(world.pipes, "sound"), constants.O_WRONLY);
  for (let at = 0; at < recording.length; at += 4000) writeSync(data, encodeBlocks(recording.subarray(at, at + 4000), raw.pid));
  writeSync(data, encodeBlocks(Buffer.alloc(0), raw.pid));
  const taken = await raw.next((message) => message["event"] === "taken");
  assert.deepEqual([taken["bytes"], taken["hash"], taken["req_id"]], [40_000, hashOf(recording), "mine"]);

  // Blocks of a stranger, then bytes that are none: its request fails by name, and the next one is served.
  writeSync(data, encodeBlocks(Buffer.from("of nobody"), 4_000_000));
  raw.send({ cmd: "take" });
  await raw.next((message) => message["event"] === "audio_ready");
  writeSync(data, Buffer.alloc(64, 255));
  const { code, message } = await raw.next(({ event }) => event === "error");
  assert.equal(code, undefined, "upstream's errors have no code");
  assert.match(String(message), /a block of 4294967295 bytes was announced/);
  raw.send({ cmd: "take" });
  await raw.next((message) => message["event"] === "audio_ready");
  writeSync(data, Buffer.concat([encodeBlocks(Buffer.from("again"), raw.pid), encodeBlocks(Buffer.alloc(0), raw.pid)]));
  assert.equal((await raw.next((message) => message["event"] === "taken"))["bytes"], 5);
  closeSync(data);
  reader.close();
  removeFifo(path);
  raw.close();
});
