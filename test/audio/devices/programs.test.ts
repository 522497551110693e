import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { openCapture } from "../../../audio/devices/capture.ts";
import type { DeviceEvents } from "../../../audio/devices/device.ts";
import { chooseRung } from "../../../audio/devices/ladder.ts";
import { openPlayback } from "../../../audio/devices/playback.ts";
import { mono } from "../../../pipes/protocol/audio.ts";
import { temporaryFolder } from "../../temporary.ts";
import { startPipeWire } from "../pipewire.ts";
import { startPulse } from "../pulse.ts";
import { programsOnly } from "../surroundings.ts";
import { tone } from "../tone.ts";
import { hear } from "./heard.ts";

const RATE = 16_000;

test("arecord and aplay record and play, where they are what there is", async () => {
  await using pulse = await startPulse();
  await using folder = await temporaryFolder();
  const ALSA_CONFIG_PATH = await folder.write("asound.conf", "</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n");
  await roundTrip({ ...process.env, ...pulse.env, ALSA_CONFIG_PATH, PATH: await programsOnly(folder.path, "arecord", "aplay") }, ["arecord", "aplay"]);
});

test("SoX records and plays, where it is what there is", async () => {
  await using pulse = await startPulse();
  await using folder = await temporaryFolder();
  await roundTrip({ ...process.env, ...pulse.env, AUDIODRIVER: "pulseaudio", PATH: await programsOnly(folder.path, "rec", "play") }, ["rec", "play"], { ...process.env, ...pulse.env });
});

test("PipeWire's own programs record and play, and are asked first", async () => {
  await using pulse = await startPulse();
  await using pipewire = await startPipeWire();
  await roundTrip({ ...process.env, PULSE_SERVER: pulse.env["PULSE_SERVER"], ...pipewire.env }, ["pw-record", "pw-play"], undefined, pipewire.speaker);
});

test("PipeWire's devices that go are told of, where they were chosen by name", async () => {
  await using pipewire = await startPipeWire();
  const env = { ...process.env, ...pipewire.env };
  const gone = new EventEmitter();
  const events = (name: string): DeviceEvents => ({ lost: (reason) => gone.emit(name, reason), restored: () => undefined });
  const microphone = await openCapture({ device: pipewire.source, rate: RATE, env, events: events("microphone") });
  const heard = hear(microphone, RATE);
  const loudspeaker = await openPlayback({ device: pipewire.speaker, format: mono(RATE), env, events: events("loudspeaker") });
  await loudspeaker.write(tone(440, RATE, 0.9));
  await heard.sound();
  for (const [name, device] of [["microphone", pipewire.source], ["loudspeaker", pipewire.speaker]] as const) {
    const lost = once(gone, name);
    await pipewire.remove(device);
    assert.deepEqual(await lost, ["it has gone"]);
  }
  await loudspeaker.stop();
  await microphone.close();
});

/** What is played is heard, to its end, and stopping is silence. `ear` is where to listen in order to measure. */
async function roundTrip(env: NodeJS.ProcessEnv, programs: readonly [string, string], ear = env, speaker = "default"): Promise<void> {
  assert.deepEqual([(await chooseRung("capture", { env })).program.name, (await chooseRung("playback", { env })).program.name], programs);
  const microphone = await openCapture({ device: "default", rate: RATE, env });
  const heard = hear(microphone, RATE);
  const first = await openPlayback({ device: speaker, format: mono(RATE), env });
  await first.write(tone(550, RATE, 0.4));
  await first.finish();
  const finished = performance.now();
  await heard.silence();
  assert.ok(finished - heard.lastAt() < 150, `finished ${finished - heard.lastAt()} ms after the last sample`);
  assert.ok(heard.audibleMs() > 385 && heard.audibleMs() < 500, `${heard.audibleMs()} ms of 400 were heard`);
  assert.equal(heard.pitch(), 550);

  await microphone.close();
  await heard.ended;
  const measuring = await openCapture({ device: "default", rate: RATE, env: ear });
  const measured = hear(measuring, RATE);
  const second = await openPlayback({ device: speaker, format: mono(RATE), env });
  await second.write(tone(440, RATE, 0.9));
  await measured.sound();
  const asked = performance.now();
  await second.stop();
  await measured.silence();
  await measuring.close();
  await measured.ended;
  // The recorder's own delay is in it, up to 100 ms.
  assert.ok(measured.lastAt() - asked < 200, `silent ${measured.lastAt() - asked} ms after it was asked`);
}
