import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ToolClient, type ToolEvent } from "../../pipes/client.ts";
import { type Pulse, startPulse } from "../audio/pulse.ts";
import { finished, Place, says } from "../cpipe/program.ts";
import { makeWorld, root, type Running } from "../harness.ts";
import { wordErrors, wordsOf } from "./wer.ts";

// The whole chain at a shell, with a loudspeaker and a microphone: what tts plays stt hears, and what somebody says is answered aloud.
const world = makeWorld();
const place = new Place();
let pulse: Pulse;
let servers: Running[];
let tts: ToolClient;
let stt: ToolClient;
/** Where somebody speaks, and stt listens; the loudspeaker of tts is another. */
const ROOM = "room";
before(async () => {
  pulse = await startPulse();
  await pulse.sink(ROOM);
  Object.assign(place.env, { PIPE_TOOLS_PIPES: world.pipes });
  servers = await Promise.all(["chat", "tts", "stt"].map((name) => world.serve(`servers/${name}/main.ts`, name, pulse.env)));
  [tts, stt] = (await Promise.all(["tts", "stt"].map((name) => ToolClient.connect(name, { folder: world.pipes })))) as [ToolClient, ToolClient];
  await Promise.all([tts.call("get_model"), stt.call("get_model")]);
});
after(async () => {
  await Promise.all([tts.close(), stt.close()]);
  await Promise.all(servers.map((server) => server.kill()));
  await pulse.close();
  await place.close();
  await world.close();
});

const told = (client: ToolClient, name: string): Promise<ToolEvent> => new Promise((resolve) => client.once(name, resolve));
function assertHeard(heard: string, said: string): void {
  const errors = wordErrors(wordsOf(said), wordsOf(heard));
  assert.ok(errors <= Math.ceil(wordsOf(said).length / 8), `${said} → ${heard}`);
}
/** Somebody says this in the room. */
async function speakUp(text: string): Promise<void> {
  const path = join(world.folder, "said.wav");
  await tts.call("say", { text, path, voice: "rms" });
  const player = spawn("paplay", [`--device=${ROOM}`, path], { env: { ...process.env, ...pulse.env }, stdio: "ignore" });
  await once(player, "close");
}
/** What a program prints on standard output, as it comes. */
function printed(program: ChildProcess, text: string): Promise<void> {
  return says(program.stdout, text);
}

test("what tts plays stt hears", async () => {
  await stt.call("set_device", { device: pulse.source });
  const listening = place.start("stt", "listen", "--utterances", "1");
  await told(stt, "state_changed");
  const spoken = await place.cpipe("tts", "say", "Turn off the lights in the kitchen and close the door.");
  assert.equal(spoken.code, 0, spoken.stderr);
  const { code, stdout } = await finished(listening);
  assert.equal(code, 0);
  assertHeard(stdout, "Turn off the lights in the kitchen and close the door.");
});

test("an answer is spoken while it comes, and cpipe ends when it has been heard", async () => {
  const [begun, ended] = [told(tts, "speech_start"), told(tts, "speech_end")];
  const asking = place.start("chat", "ask", "hello", "--speak");
  asking.stdin?.end();
  const done = finished(asking);
  await begun;
  let silent = false;
  void ended.then(() => (silent = true));
  const { code, stdout, stderr } = await done;
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  assert.match(stdout, /Your words went in through one named pipe/);
  assert.equal(silent, true, "it does not leave while something is still being said");
});

test("Ctrl-C silences an answer that is being spoken", async () => {
  const begun = told(tts, "speech_start");
  const asking = place.start("chat", "ask", "count forever", "--speak");
  asking.stdin?.end();
  const done = finished(asking);
  await begun;
  const ended = told(tts, "speech_end");
  asking.kill("SIGINT");
  const at = performance.now();
  await ended;
  assert.ok(performance.now() - at < 1000);
  assert.equal((await done).code, 130);
  assert.equal((await tts.call("is_speaking"))["speaking"], false);
});

test("a conversation by voice: what somebody says is answered aloud, and whoever begins to speak ends the answer", async () => {
  await stt.call("set_device", { device: `${ROOM}-microphone` });
  const talking = place.start("--talk");
  const done = finished(talking);
  await told(stt, "state_changed");
  const [answered, begun] = [printed(talking, "Weather is beyond me"), told(tts, "speech_start")];
  await speakUp("What is the weather going to be like tomorrow?");
  await Promise.all([answered, begun]);

  const interrupted = told(tts, "speech_end");
  const counting = printed(talking, "I shall count until somebody stops me");
  await speakUp("I would like you to count the numbers.");
  await interrupted;
  await counting;

  const [again, stopped] = [told(tts, "speech_start"), printed(talking, "People call me builtin")];
  await again;
  await speakUp("Could you please tell me your name?");
  await stopped;
  talking.kill("SIGINT");
  const { code, stdout, stderr } = await done;
  assert.equal(code, 130);
  assert.match(stdout, /^> what is the weather/m);
  assert.equal(stderr, "cpipe: listening; Ctrl-C ends it\n");
  assert.equal((await tts.call("is_speaking"))["speaking"], false);
});

test("the examples do the same: an answer is spoken, and what is heard is printed", async () => {
  const answer = world.run("examples/tts_client.ts", ["hello"], { PIPE_TOOLS_PIPES: world.pipes });
  assert.deepEqual([await answer.ended, answer.stderr()], [{ code: 0, signal: null }, "(speaking)\n(silent)\n"]);
  assert.match(answer.lines.join("\n"), /one named pipe/);

  const listener = world.run("examples/stt_client.ts", [], { PIPE_TOOLS_PIPES: world.pipes });
  await told(stt, "state_changed");
  const heard = listener.line((line) => line.trim() !== "");
  await speakUp("My brother lives in a small house near the river.");
  assertHeard(await heard, "My brother lives in a small house near the river.");
  assert.deepEqual(await listener.kill("SIGINT"), { code: 0, signal: null });
  assert.ok(readFileSync(join(root, "examples/stt_client.ts"), "utf8").split("\n").length <= 22);
});
