import assert from "node:assert/strict";
import { closeSync } from "node:fs";
import { after, before, test } from "node:test";
import { ToolClient, ToolError } from "../../../pipes/client.ts";
import { fifoOf } from "../../../pipes/protocol/names.ts";
import { ensureFifo, openPresentFifo, removeFifo } from "../../../pipes/transport/fifo.ts";
import { mkfifo } from "../../../pipes/transport/libc.ts";
import { type Pulse, startPulse } from "../../audio/pulse.ts";
import { makeWorld } from "../../harness.ts";
import { rawClient } from "../../raw.ts";
import { speakInto } from "./room.ts";
import { eventual, reached, serveStt } from "./served.ts";
import { say } from "./speech.ts";

let pulse: Pulse;
before(async () => {
  pulse = await startPulse();
});
after(() => pulse.close());

test("with listen: true it listens from the start", async () => {
  await using served = await serveStt({ listen: true }, pulse.env);
  const speech = eventual(served.client, "speech", (event) => "words" in event);
  await reached(served.client, "listening");
  await speakInto(pulse, (await say("Please open the door for me."))[0]!);
  assert.match(String((await speech)["text"]), /\bfor me\b/);
});

test("without a microphone start fails by name, and the server is as before", async () => {
  await using served = await serveStt({}, { PULSE_SERVER: "unix:/nowhere", PIPEWIRE_REMOTE: "/nowhere" });
  await served.client.call("get_model");
  await assert.rejects(served.client.call("start"), (error) => error instanceof ToolError && error.code === "device-failed");
  assert.equal((await served.client.call("get_state"))["state"], "ready");
});

test("one that stands by for another does not listen, and does as soon as it has taken its place", async () => {
  const world = makeWorld();
  // As the daemon holds them.
  const fifos = ["stt-next", "stt"].map((name) => fifoOf.upstream(world.pipes, name));
  for (const path of fifos) ensureFifo(path, mkfifo);
  const held = fifos.map((path) => openPresentFifo(path, "both"));
  const server = world.run("servers/stt/main.ts", [], { ...pulse.env, PIPE_TOOLS_TOOL: "stt", PIPE_TOOLS_STANDBY: "1", PIPE_TOOLS_SUPERVISED: "1", PIPE_TOOLS_SETTINGS: JSON.stringify({ listen: true }) });
  await server.line((line) => line.includes("model loaded"));
  const daemon = rawClient(world, "stt-next");
  await daemon.subscribe();
  daemon.send({ cmd: "get_state" });
  assert.equal((await daemon.next(({ event }) => event === "state"))["state"], "ready");
  daemon.send({ cmd: "promote" });
  await server.line((line) => line.includes("serving") && line.includes("tool-stt\""));
  const client = await ToolClient.connect("stt", { folder: world.pipes });
  await reached(client, "listening");
  await client.close();
  daemon.close();
  await server.kill();
  held.forEach(closeSync);
  fifos.forEach(removeFifo);
  await world.close();
});
