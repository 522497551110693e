import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { openCapture } from "../../../audio/devices/capture.ts";
import type { DeviceEvents } from "../../../audio/devices/device.ts";
import { openPlayback } from "../../../audio/devices/playback.ts";
import { mono } from "../../../pipes/protocol/audio.ts";
import { startPulse } from "../pulse.ts";
import { tone } from "../tone.ts";
import { hear } from "./heard.ts";

const RATE = 16_000;

test("a microphone that is pulled out is told of and tried again, and goes on when it is back", async () => {
  await using pulse = await startPulse();
  const env = { ...process.env, ...pulse.env };
  await pulse.sink("headset");
  const told = listen();
  const microphone = await openCapture({ device: "headset-microphone", rate: RATE, env, events: told.events });
  const heard = hear(microphone, RATE);
  const lost = told.next("lost");
  await pulse.removeSink("headset");
  assert.match(await lost, /has gone, and the sound server would go on with speaker-microphone/);
  const restored = told.next("restored");
  await pulse.sink("headset");
  await restored;
  heard.forget();
  const loudspeaker = await openPlayback({ device: "headset", format: mono(RATE), env });
  await loudspeaker.write(tone(550, RATE, 0.3));
  await loudspeaker.finish();
  await heard.silence();
  assert.equal(heard.pitch(), 550);
  await microphone.close();
  await heard.ended;
  assert.deepEqual(told.all.map(([name]) => name), ["lost", "restored"]);
});

test("when the sound server ends the microphone is told of, and closing does not wait for it to come back", async () => {
  const pulse = await startPulse();
  const told = listen();
  const microphone = await openCapture({ device: "default", rate: RATE, env: { ...process.env, ...pulse.env }, events: told.events });
  const heard = hear(microphone, RATE);
  const lost = told.next("lost");
  await pulse.close();
  assert.match(await lost, /parec/);
  await microphone.close();
  await heard.ended;
});

test("a loudspeaker that is pulled out while it plays goes on with what was not heard", async () => {
  await using pulse = await startPulse();
  const env = { ...process.env, ...pulse.env };
  await pulse.sink("headset");
  const told = listen();
  const before = await openCapture({ device: "headset.monitor", rate: RATE, env });
  const heardBefore = hear(before, RATE);
  const loudspeaker = await openPlayback({ device: "headset", format: mono(RATE), env, events: told.events });
  await loudspeaker.write(tone(440, RATE, 0.9));
  await heardBefore.sound();
  const lost = told.next("lost");
  await pulse.removeSink("headset");
  assert.match(await lost, /would go on with speaker/);
  await before.close();
  const finishing = loudspeaker.finish();
  await pulse.sink("headset");
  const after = await openCapture({ device: "headset.monitor", rate: RATE, env });
  const heardAfter = hear(after, RATE);
  await finishing;
  await heardAfter.silence();
  await after.close();
  const both = heardBefore.audibleMs() + heardAfter.audibleMs();
  assert.ok(both > 700 && both < 1150, `${both} ms of 900 were heard`);
  assert.equal(heardAfter.pitch(), 440);
  assert.deepEqual(told.all.map(([name]) => name), ["lost", "restored"]);
});

test("a loudspeaker can be stopped while it is gone", async () => {
  await using pulse = await startPulse();
  await pulse.sink("headset");
  const told = listen();
  const loudspeaker = await openPlayback({ device: "headset", format: mono(RATE), env: { ...process.env, ...pulse.env }, events: told.events });
  await loudspeaker.write(tone(440, RATE, 0.9));
  const lost = told.next("lost");
  await pulse.removeSink("headset");
  await lost;
  const writing = assert.rejects(loudspeaker.write(tone(440, RATE, 5)), { code: "cancelled" });
  await loudspeaker.stop();
  await writing;
  await assert.rejects(loudspeaker.finish(), { code: "cancelled" });
});

test("a loudspeaker whose sound server has gone before anything was heard is an error at once", async () => {
  const pulse = await startPulse();
  const loudspeaker = await openPlayback({ device: "default", format: mono(RATE), env: { ...process.env, ...pulse.env } });
  await pulse.close();
  await assert.rejects(loudspeaker.finish(), { code: "device-failed", message: /^the loudspeaker default cannot be used: pacat/ });
});

test("a reader that is too slow loses the oldest sound, and is told how much", async () => {
  await using pulse = await startPulse();
  const told = listen();
  const microphone = await openCapture({ device: "default", rate: 192_000, env: { ...process.env, ...pulse.env }, events: told.events, keepSeconds: 0.2 });
  const seconds = Number(await told.next("dropped"));
  assert.ok(seconds >= 0.2 && seconds < 1, `${seconds} s`);
  for await (const chunk of microphone) if (chunk.length > 0) break; // whoever stops reading has closed it
  assert.equal(await microphone[Symbol.asyncIterator]().next().then(({ done }) => done), true);
});

function listen() {
  const emitter = new EventEmitter();
  const all: Array<readonly [string, string]> = [];
  const tell = (name: string) => (fact: unknown = "") => {
    all.push([name, String(fact)]);
    emitter.emit(name, String(fact));
  };
  const events: DeviceEvents = { lost: tell("lost"), restored: tell("restored"), dropped: tell("dropped") };
  return { events, all, next: async (name: string): Promise<string> => String((await once(emitter, name) as unknown[])[0]) };
}
