import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { startPulse } from "./pulse.ts";

test("a private sound server has a loudspeaker and a microphone that hears it, and leaves nothing behind", async () => {
  const pulse = await startPulse();
  const folder = dirname(pulse.env["PULSE_COOKIE"] ?? "");
  try {
    assert.equal(await pulse.pactl("get-default-sink"), pulse.speaker);
    assert.equal(await pulse.pactl("get-default-source"), pulse.source);
    assert.ok(existsSync(folder));
  } finally {
    await pulse.close();
  }
  assert.ok(!existsSync(folder));
  await assert.rejects(pulse.pactl("info"));
});

test("a loudspeaker can be pulled out while it plays: the server goes on with another one, and without any it ends what plays", async () => {
  await using pulse = await startPulse();
  const microphone = await pulse.sink("headset");
  assert.match(await pulse.pactl("list", "short", "sources"), new RegExp(microphone));
  const playing = pulse.told(/Created input/);
  const player = spawn("pacat", ["-v", "-d", "headset"], { env: { ...process.env, ...pulse.env }, stdio: ["pipe", "ignore", "pipe"] });
  player.stdin.on("error", () => undefined).write(Buffer.alloc(1 << 20));
  await playing;
  const ended = once(player, "exit");
  await pulse.removeSink("headset");
  for await (const chunk of player.stderr.setEncoding("utf8")) if (String(chunk).includes("moved to device speaker")) break;
  await pulse.removeSink(pulse.speaker);
  assert.deepEqual(await ended, [1, null]);
  assert.equal(await pulse.pactl("list", "short", "sinks"), "");
});
