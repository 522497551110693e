import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import type { Running } from "../../harness.ts";
import { named, type Served, serveTts } from "./served.ts";

const engineOf = (server: Running): number => Number(execFileSync("pgrep", ["-P", String(server.pid), "-f", "servers/tts/"], { encoding: "utf8" }).trim().split("\n")[0]);
const LONG = "This is a long text that goes on and on. ".repeat(4);

let tts: Served;
before(async () => (tts = await serveTts({ speed: 3, idleFlush: 0.3 })));
after(() => tts.close());
beforeEach(() => {
  tts.heard.forget();
  tts.events.length = 0;
});

test("An engine that is killed in the middle of a sentence fails the request with a name, and the next one works", async () => {
  const { client, server, events, told, world } = tts;
  const begun = told(named("state_changed"));
  const said = assert.rejects(client.call("say", { text: LONG.repeat(50), path: join(world.folder, "long.wav") }), { code: "engine-died" });
  await begun;
  process.kill(engineOf(server), "SIGKILL");
  await said;
  assert.ok(!existsSync(join(world.folder, "long.wav")), "half a file is none");
  const ended = told(named("speech_end"));
  await client.call("text", { data: "The next one is heard." });
  await client.call("flush");
  await ended;
  assert.deepEqual(events.map(({ event }) => event.event).filter((name) => name.startsWith("speech")), ["speech_start", "speech_end"]);
});

test("An engine that is killed after a sentence has been made costs nothing but the time to start it", async () => {
  const { client, heard, server } = tts;
  const saying = client.call("say", { text: "This sentence is made as a whole before it is heard." });
  await heard.sound();
  process.kill(engineOf(server), "SIGKILL");
  assert.ok(((await saying)["seconds"] as number) > 0.5);
  assert.ok(((await client.call("say", { text: "The next one." }))["seconds"] as number) > 0.2);
});

test("What was released is loaded again by the next request; while something is spoken nothing is released", async () => {
  const { client, heard, told } = tts;
  await client.call("text", { data: "This is spoken now. And this. " });
  await client.call("flush");
  await heard.sound();
  await assert.rejects(client.call("release"), { code: "busy" });
  await told(named("speech_end"));
  assert.equal((await client.call("release")).event, "released");
  assert.equal((await client.call("get_state"))["state"], "released");
  // Who releases a tool looks after it, and is asked before it takes memory again.
  const admitted = told(({ event, state }) => event === "state_changed" && state === "waiting").then(() => client.call("admit"));
  assert.ok(((await client.call("say", { text: "Back again." }))["seconds"] as number) > 0.3);
  await admitted;
  assert.equal((await client.call("get_state"))["state"], "idle");
});

test("A client that is killed while it waits for `say` silences it; what it has written by `text` is spoken to its end", async () => {
  const { world, heard, told } = tts;
  const saying = world.run("test/servers/tts/saying.ts", ["say", LONG]);
  await heard.sound();
  const ended = told(named("speech_end"));
  const killed = performance.now();
  await saying.kill("SIGKILL");
  await ended;
  assert.ok(performance.now() - killed < 1000);
  for (const name of world.leftovers().filter((name) => name.endsWith(`-${saying.pid}`))) rmSync(join(world.pipes, name)); // whoever is killed tidies nothing up
  heard.forget();
  const again = told(named("speech_end"));
  await world.run("test/servers/tts/saying.ts", ["text", "This is spoken although nobody is there any more. And its rest is"]).ended;
  await again;
  await heard.silence();
  assert.ok(heard.audibleMs() > 900, `${heard.audibleMs()} ms`);
});

test("Settings that are live hold from the next sentence on; others need another process", async () => {
  const { client, world } = tts;
  const seconds = async (): Promise<number> => (await client.call("say", { text: "How long does this take?", path: join(world.folder, "a.wav") }))["seconds"] as number;
  const usual = await seconds();
  await client.call("configure", { settings: { speed: 1.5, voice: "slt" } });
  assert.ok((await seconds()) > usual * 1.5);
  await assert.rejects(client.call("configure", { settings: { engine: "espeak-ng" } }), { code: "unsupported" });
});

test("A server that is to end first speaks what it was given", async () => {
  const { client, heard, events } = tts;
  await client.call("text", { data: "This is spoken before it ends. And this rest" });
  assert.equal((await client.call("drain")).event, "drained");
  const names = events.map(({ event }) => event.event);
  assert.ok(names.indexOf("speech_end") >= 0 && names.indexOf("speech_end") < names.indexOf("drained"), names.join());
  await heard.silence();
  assert.ok(heard.audibleMs() > 700, `${heard.audibleMs()} ms`);
});
