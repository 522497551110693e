import assert from "node:assert/strict";
import { chmod } from "node:fs/promises";
import { test } from "node:test";
import { chooseRung, remembered } from "../../../audio/devices/ladder.ts";
import { openPlayback } from "../../../audio/devices/playback.ts";
import { mono } from "../../../pipes/protocol/audio.ts";
import { temporaryFolder } from "../../temporary.ts";
import { startPulse } from "../pulse.ts";
import { programsOnly } from "../surroundings.ts";

test("the program that works is asked for once, until it fails; then the ladder is gone through anew", async () => {
  const pulse = await startPulse();
  const env = { ...process.env, ...pulse.env };
  const rung = await chooseRung("playback", { env });
  assert.equal(rung.program.name, "pacat");
  assert.equal(await chooseRung("playback", { env }), rung);
  await pulse.close();
  await assert.rejects(openPlayback({ device: "default", format: mono(16_000), env }), { code: "device-failed", message: /pacat ended with code 1: Connection failure: Connection refused/ });
  assert.equal(remembered("playback", env), undefined);
});

test("a sound server that takes the connection and never answers is not waited for", async () => {
  await using folder = await temporaryFolder();
  const bin = await programsOnly(folder.path, "cat", "sh");
  const PACTL = "case $1 in info) echo 'Default Sink: x';; *) printf 'Sink #0\\n\\tName: x\\n\\tSample Specification: s16le 2ch 44100Hz\\n';; esac";
  for (const [name, script] of [["pactl", PACTL], ["pacat", "exec cat >/dev/null"]] as const) await chmod(await folder.write(`bin/${name}`, `#!/bin/sh\n${script}\n`), 0o755);
  await assert.rejects(openPlayback({ device: "default", format: mono(16_000), env: { PATH: bin } }), { code: "device-failed", message: /the sound server has not answered for 5 s/ });
});
