import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ToolClient } from "../../../pipes/client.ts";
import { places } from "../../../pipes/protocol/places.ts";
import { knownVoices } from "../../../pipes/protocol/voices.ts";
import type { Log } from "../../../pipes/rpc/log.ts";
import { noteVoices } from "../../../servers/tts/noted-voices.ts";
import { makeWorld } from "../../harness.ts";
import { temporaryFolder } from "../../temporary.ts";

const log = (said: unknown[] = []): Log => ({ warn: (facts: unknown) => said.push(facts) }) as unknown as Log;
const rms = { name: "rms", languages: ["en"] };

test("A tool for speech has its voices written down once its engine is there", async () => {
  const world = makeWorld();
  try {
    const server = await world.serve("servers/tts/main.ts", "spoken");
    const client = await ToolClient.connect("spoken", { folder: world.pipes });
    await client.call("get_model");
    const known = knownVoices(places(world.env).voices, "spoken").map(({ name }) => name);
    assert.ok(known.length > 0);
    const { voices } = (await client.call("voices")) as unknown as { voices: Array<{ name: string; engine: string }> };
    assert.deepEqual(known, voices.filter(({ engine }) => engine === "flite").map(({ name }) => name));
    await client.close();
    await server.kill();
  } finally {
    await world.close();
  }
});

test("What is written is its owner's alone, the tool's where a standby writes, and left alone while it is the same", async () => {
  await using folder = await temporaryFolder();
  const voices = join(folder.path, "voices");
  noteVoices("tts-next", [rms], log(), voices);
  assert.deepEqual([knownVoices(voices, "tts"), readdirSync(voices)], [[rms], ["tts.json"]]);
  const { mode, ino } = statSync(join(voices, "tts.json"));
  assert.equal(mode & 0o777, 0o600);
  noteVoices("tts", [rms], log(), voices);
  assert.equal(statSync(join(voices, "tts.json")).ino, ino);
  noteVoices("tts", [], log(), voices);
  assert.deepEqual(knownVoices(voices, "tts"), []);
});

test("A folder that is none is told in the log and keeps nobody from speaking; a file that is none has no voices", async () => {
  await using folder = await temporaryFolder();
  const voices = await folder.write("voices", "");
  const said: unknown[] = [];
  noteVoices("tts", [rms], log(said), voices);
  assert.equal(said.length, 1);
  assert.deepEqual(knownVoices(voices, "tts"), []);
  assert.deepEqual(knownVoices(folder.path, "../voices"), []);
});
