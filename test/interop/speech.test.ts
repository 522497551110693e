import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ToolClient } from "../../pipes/client.ts";
import { type Pulse, startPulse } from "../audio/pulse.ts";
import { makeWorld, type Running } from "../harness.ts";
import { assertHeard } from "../speech/wer.ts";
import { killPython, runPython } from "./python.ts";

// Upstream's clients of tts and stt against ours, over a loudspeaker and a microphone.
const world = makeWorld();
let pulse: Pulse;
let servers: Running[];
before(async () => {
  pulse = await startPulse();
  servers = await Promise.all([
    world.serve("test/fixtures/servers/chat.ts", "chat"),
    world.serve("servers/tts/main.ts", "tts", pulse.env),
    world.serve("servers/stt/main.ts", "stt", pulse.env),
  ]);
});
after(async () => {
  await killPython();
  await Promise.all(servers.map((server) => server.kill()));
  await pulse.close();
  await world.close();
});

test("its pipeline has a chat's answer spoken, and hears when that begins and ends", async () => {
  const { code, stdout, stderr } = await runPython(world.pipes, "tts_client.py", "chat", "tts", "Open the window.");
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  assert.equal(stdout, "speech_start\nspeech_end\n");
});

test("its listener prints what is said, piece by piece", async () => {
  const tts = await ToolClient.connect("tts", { folder: world.pipes });
  const stt = await ToolClient.connect("stt", { folder: world.pipes });
  const listening = new Promise<void>((resolve) => stt.on("state_changed", ({ state }) => state === "listening" && resolve()));
  const heard = runPython(world.pipes, "stt_client.py", "stt", "1");
  await listening;
  const path = join(world.folder, "said.wav");
  await tts.call("say", { text: "We should talk about the problem before it is too late.", path });
  await once(spawn("paplay", [`--device=${pulse.speaker}`, path], { env: { ...process.env, ...pulse.env }, stdio: "ignore" }), "close");
  const { code, stdout, stderr } = await heard;
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  assertHeard(stdout, "We should talk about the problem before it is too late.");
  await stt.call("pause");
  await Promise.all([tts.close(), stt.close()]);
});

test("its cpipe prints the answers of both as it prints upstream's own", async () => {
  const printed = async (...args: string[]): Promise<string> => (await runPython(world.pipes, "cpipe.py", ...args)).stdout;
  assert.equal(await printed("tts", "is_speaking"), "false\n");
  assert.equal(await printed("tts", "get_state"), "idle\n");
  assert.match(await printed("stt", "list_devices"), /^\[\{"index": 0, "name": "speaker-microphone", .*"channels": \d+/);
  assert.equal(await printed("stt", "set_device", "--data", '{"device": "speaker-microphone"}'), "speaker-microphone\n");
  assert.equal(await printed("stt", "get_device"), "speaker-microphone\n");
  assert.match(await printed("stt", "set_device", "--data", '{"device": "none"}'), /there is no sound device 'none'/);
});
