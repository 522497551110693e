import assert from "node:assert/strict";
import { test } from "node:test";
import { openCapture } from "../../../audio/devices/capture.ts";
import { chooseDevice } from "../../../audio/devices/choose.ts";
import { listDevices } from "../../../audio/devices/list.ts";
import { openPlayback } from "../../../audio/devices/playback.ts";
import { mono } from "../../../pipes/protocol/audio.ts";
import { startPulse } from "../pulse.ts";
import { tone } from "../tone.ts";
import { hear } from "./heard.ts";

const RATE = 16_000;

test("what is played over the loudspeaker is heard by the microphone, all of it, and finishing waits for its last sample", async () => {
  await using pulse = await startPulse();
  const env = { ...process.env, ...pulse.env };
  const microphone = await openCapture({ device: "default", rate: RATE, env });
  const heard = hear(microphone, RATE);
  const loudspeaker = await openPlayback({ device: "default", format: mono(22_050), env });
  await loudspeaker.write(tone(440, 22_050, 0.6));
  await loudspeaker.finish();
  const finished = performance.now();
  assert.equal(loudspeaker.heard, 0.6);
  await heard.silence();
  await microphone.close();
  await heard.ended;
  // All of it; with a gap, perhaps, where the machine is busy.
  assert.ok(heard.audibleMs() > 590 && heard.audibleMs() < 700, `${heard.audibleMs()} ms were heard`);
  assert.equal(heard.pitch(), 440);
  assert.ok(Math.abs(finished - heard.lastAt()) < 60, `finished ${finished - heard.lastAt()} ms after the last sample`);
});

test("ten milliseconds of sound are heard, and none at all is soon over", async () => {
  await using pulse = await startPulse();
  const env = { ...process.env, ...pulse.env };
  const microphone = await openCapture({ device: "default", rate: 48_000, env });
  const heard = hear(microphone, 48_000);
  const loudspeaker = await openPlayback({ device: "default", format: { ...mono(48_000), channels: 2 }, env });
  await loudspeaker.write(tone(880, 96_000, 0.01)); // in two channels it is one of 440 Hz
  await loudspeaker.finish();
  await heard.silence();
  await microphone.close();
  assert.ok(heard.audibleMs() > 7 && heard.audibleMs() < 60, `${heard.audibleMs()} ms were heard`);
  await (await openPlayback({ device: "default", format: mono(RATE), env })).finish();
});

test("stopping is silence within 50 ms, and whoever writes is told", async () => {
  await using pulse = await startPulse();
  const env = { ...process.env, ...pulse.env };
  const microphone = await openCapture({ device: pulse.source, rate: RATE, env });
  const heard = hear(microphone, RATE);
  const loudspeaker = await openPlayback({ device: pulse.speaker, format: mono(RATE), env });
  const writing = loudspeaker.write(tone(440, RATE, 5)); // waits for room
  const refused = assert.rejects(writing, { code: "cancelled" });
  await heard.sound();
  const position = loudspeaker.heard;
  const asked = performance.now();
  await loudspeaker.stop();
  const stopped = performance.now() - asked;
  await refused;
  await heard.silence();
  await microphone.close();
  // Measured: 12 ms.
  assert.ok(stopped < 50, `it took ${stopped} ms to stop`);
  assert.ok(heard.lastAt() - asked < 50, `silent after ${heard.lastAt() - asked} ms`);
  assert.ok(position < 0.2 && heard.audibleMs() < 1000, `${position} s at the first sound, ${heard.audibleMs()} ms heard`);
  await assert.rejects(loudspeaker.write(tone(440, RATE, 0.1)), { code: "cancelled" });
});

test("what is written waits for room, and the position follows what is heard", async () => {
  await using pulse = await startPulse();
  const env = { ...process.env, ...pulse.env };
  const stop = new AbortController();
  const loudspeaker = await openPlayback({ device: "default", format: mono(RATE), env, signal: stop.signal });
  const begun = performance.now();
  await loudspeaker.write(tone(440, RATE, 0.7));
  assert.ok(performance.now() - begun < 400, "less than a second is taken at once");
  await loudspeaker.write(tone(440, RATE, 0.7));
  const real = (performance.now() - begun) / 1000;
  assert.ok(real > 0.35, `1.4 s were taken within ${real} s`);
  assert.ok(Math.abs(loudspeaker.heard - real) < 0.15, `${loudspeaker.heard} s heard after ${real} s`);
  const finishing = assert.rejects(loudspeaker.finish(), { code: "cancelled" });
  stop.abort();
  await finishing;
});

test("devices are listed with the standard one marked, microphones before monitors", async () => {
  await using pulse = await startPulse();
  const env = { ...process.env, ...pulse.env };
  await pulse.sink("kitchen");
  const [microphones, loudspeakers] = await Promise.all([listDevices("capture", undefined, env), listDevices("playback", undefined, env)]);
  assert.deepEqual(microphones.map(({ name }) => name), [pulse.source, "kitchen-microphone", "speaker.monitor", "kitchen.monitor"]);
  assert.deepEqual(microphones.filter(({ standard }) => standard).map(({ name }) => name), [pulse.source]);
  assert.deepEqual(loudspeakers, [
    { index: 0, name: "speaker", description: "Loudspeaker_speaker", channels: 2, standard: true },
    { index: 1, name: "kitchen", description: "Loudspeaker_kitchen", channels: 2, standard: false },
  ]);
  assert.equal(chooseDevice(loudspeakers, "kit").name, "kitchen");
});

test("a device that there is none of is an error that names those that are there", async () => {
  await using pulse = await startPulse();
  const env = { ...process.env, ...pulse.env };
  await assert.rejects(openCapture({ device: "attic", rate: RATE, env }), { code: "device-failed", message: /^the microphone attic cannot be used: there is none of that name\. There are 0 speaker-microphone/ });
  await assert.rejects(openPlayback({ device: "attic", format: mono(RATE), env }), { code: "device-failed", message: /^the loudspeaker attic cannot be used: .* There are 0 speaker$/ });
});

test("without a microphone the tools do not listen to their own loudspeaker unless told to", async () => {
  await using pulse = await startPulse();
  const env = { ...process.env, ...pulse.env };
  const modules = await pulse.pactl("list", "short", "modules");
  await pulse.pactl("unload-module", /^(\d+)\tmodule-remap-source/m.exec(modules)?.[1] ?? "");
  await assert.rejects(openCapture({ device: "default", rate: RATE, env }), { code: "device-failed", message: /there is no microphone\. .* 0 speaker\.monitor$/ });
  const capture = await openCapture({ device: "speaker.monitor", rate: RATE, env });
  await capture.close();
});

test("without any sound system the error says what each program said, and the one thing to do", async () => {
  const env = { ...process.env, PULSE_SERVER: "unix:/nonexistent/socket", PIPEWIRE_REMOTE: "/nonexistent/pipewire", ALSA_CONFIG_PATH: "/nonexistent/alsa.conf", AUDIODRIVER: "none" };
  await assert.rejects(listDevices("capture", undefined, env), { code: "device-failed", message: /^the microphone default cannot be used: no sound system answers \(.*pactl: .*arecord: .*rec: .*\)\. Start PulseAudio or PipeWire/ });
  await assert.rejects(openPlayback({ device: "default", format: mono(RATE), env: { PATH: "/nonexistent" } }), { code: "device-failed", message: /pacat|pactl is not installed; .*Install / });
});
