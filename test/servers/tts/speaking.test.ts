import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { ToolEvent } from "../../../pipes/client.ts";
import { rawClient } from "../../raw.ts";
import { named, RATE, type Served, serveTts } from "./served.ts";
import { audible } from "../../audio/tone.ts";

let tts: Served;
before(async () => (tts = await serveTts({ idleFlush: 0.3, speed: 2 })));
after(() => tts.close());
beforeEach(() => {
  tts.heard.forget();
  tts.events.length = 0;
});

const names = (): string[] => tts.events.map(({ event }) => event.event).filter((name) => name.startsWith("speech"));
const when = (name: string): number => tts.events.find(({ event }) => event.event === name)!.at;
/** Stretches of silence within what was heard, in ms. */
function gaps(pcm: Buffer): number[] {
  const { from, to } = audible(pcm);
  const found: number[] = [];
  let last = from;
  for (let sample = from; sample < to; sample++) {
    if (Math.abs(pcm.readInt16LE(sample * 2)) < 300) continue;
    if (sample - last > RATE / 10) found.push(((sample - last) / RATE) * 1000);
    last = sample;
  }
  return found;
}

test("`say` is answered when it has been heard, and the events lie around the sound", async () => {
  const said = await tts.client.call("say", { text: "Hello there, this is a test." });
  const answered = performance.now();
  await tts.heard.silence();
  assert.deepEqual(names(), ["speech_start", "speech_end"]);
  assert.deepEqual(tts.events.filter(({ event }) => event.event === "state_changed").map(({ event }) => event["state"]), ["synthesizing", "idle"]);
  const { from } = audible(tts.heard.pcm());
  assert.ok(Math.abs(tts.heard.at(from) - when("speech_start")) < 150, `the first sound came ${tts.heard.at(from) - when("speech_start")} ms after speech_start`);
  assert.ok(when("speech_end") - tts.heard.lastAt() > 0 && when("speech_end") - tts.heard.lastAt() < 350, `speech_end came ${when("speech_end") - tts.heard.lastAt()} ms after the last sound`);
  assert.ok(answered >= when("speech_end"));
  assert.equal(said["rate"], 16_000);
  assert.ok(Math.abs(tts.heard.audibleMs() / 1000 - (said["seconds"] as number)) < 0.3, `${tts.heard.audibleMs()} ms heard of ${Number(said["seconds"])} s`);
});

test("Text that comes word by word is spoken while it is written, without gaps, and nothing of it is lost", async () => {
  const words = "Speech begins early, as you hear, and it goes on. The second sentence follows at once. Here is the third one, which has no end".split(/(?=\s)/);
  const ended = tts.told(named("speech_end"));
  let begun = 0;
  const started = tts.told(named("speech_start")).then(() => (begun = performance.now()));
  let written = 0;
  for (const data of words) {
    assert.equal((await tts.client.call("text", { data })).event, "ok");
    if (begun === 0) written++;
    if (data === " hear,") await started;
  }
  assert.ok(written < words.length, "it waited for the end");
  await tts.client.call("flush");
  assert.equal((await tts.client.call("is_speaking"))["speaking"], true);
  await ended;
  assert.equal((await tts.client.call("is_speaking"))["speaking"], false);
  await tts.heard.silence();
  assert.deepEqual(names(), ["speech_start", "speech_end"]);
  const longest = Math.max(...gaps(tts.heard.pcm()));
  assert.ok(longest < 400, `${longest} ms of silence`);
  assert.ok(tts.heard.audibleMs() > 3000 && tts.heard.audibleMs() < 5000, `${tts.heard.audibleMs()} ms`);
});

test("What has no end is spoken after a while, and code is not", async () => {
  const ended = tts.told(named("speech_end"));
  await tts.client.call("text", { data: "no end here\n```\nnot this at all because it is code" });
  await ended;
  await tts.heard.silence();
  assert.ok(tts.heard.audibleMs() < 1500, `${tts.heard.audibleMs()} ms`);
});

test("Two clients do not speak at the same time, each one's sentences stay together, and whoever waits is told", async () => {
  const other = rawClient(tts.world, "tts", tts.server.pid);
  await other.subscribe();
  const queued = tts.told(named("queued"));
  other.send({ cmd: "text", data: "This is the other client. It has two sentences. " });
  await other.next((message) => message["event"] === "ok");
  other.send({ cmd: "flush" });
  const [said, place] = await Promise.all([tts.client.call("say", { text: "And this is me." }), queued]);
  await tts.heard.silence();
  assert.equal(place["position"], 1);
  assert.deepEqual(names(), ["speech_start", "speech_end", "speech_start", "speech_end"]);
  assert.ok(tts.heard.audibleMs() / 1000 > (said["seconds"] as number) + 1.2, `${tts.heard.audibleMs()} ms heard`);
  other.close();
});

test("What one client says is said in the order it was asked for, whatever it was asked by", async () => {
  const order: string[] = [];
  const say = (text: string): Promise<unknown> => tts.client.call("say", { text }).then(() => order.push(text));
  const texts: Promise<ToolEvent> = tts.client.call("text", { data: "One without an end" });
  const two = say("Two.");
  const three = say("Three.");
  await Promise.all([texts, two, three]);
  assert.deepEqual(order, ["Two.", "Three."]);
  assert.deepEqual(names(), ["speech_start", "speech_end", "speech_start", "speech_end", "speech_start", "speech_end"]);
});

for (const [title, end] of [
  ["`silence`", () => tts.client.call("silence").then((event) => assert.ok((event["count"] as number) >= 2))],
  ["`cancel` without a request's id", () => {
    const ended = tts.told(named("speech_end"));
    rawCancel();
    return ended;
  }],
] as const) {
  test(`${title} is silence within 50 ms, and what waited is forgotten`, async () => {
    await tts.client.call("text", { data: "This is a long text that goes on and on. It has more sentences than one. And another one. And a rest" });
    await tts.heard.sound();
    const asked = performance.now();
    await end();
    const answered = performance.now();
    await tts.heard.silence();
    assert.ok(answered - asked < 60, `answered after ${answered - asked} ms`);
    assert.ok(tts.heard.lastAt() - answered < 60, `silent ${tts.heard.lastAt() - answered} ms after that`);
    assert.deepEqual(names(), ["speech_start", "speech_end"]);
    assert.equal((await tts.client.call("get_state"))["state"], "idle");
  });
}

/** As upstream's clients do; ours always name what they cancel. */
function rawCancel(): void {
  rawSend({ cmd: "cancel", pid: process.pid });
}
function rawSend(message: object): void {
  const other = rawClient(tts.world, "tts", tts.server.pid);
  other.send(JSON.stringify(message));
  other.close();
}

test("A `say` that is cancelled stops at once, and the next one speaks", async () => {
  const cancel = new AbortController();
  const said = tts.client.call("say", { text: "This is a long text that goes on and on, and it does not end soon. And more of it. And more of it." }, { signal: cancel.signal });
  const refused = assert.rejects(said, { code: "cancelled" });
  await tts.heard.sound();
  const asked = performance.now();
  cancel.abort();
  await refused;
  await tts.heard.silence();
  assert.ok(tts.heard.lastAt() - asked < 100, `silent after ${tts.heard.lastAt() - asked} ms`);
  await tts.client.call("say", { text: "Next." });
  assert.deepEqual(names(), ["speech_start", "speech_end", "speech_start", "speech_end"]);
});

test("A client that is silent leaves others alone, unless it means everyone", async () => {
  const other = rawClient(tts.world, "tts", tts.server.pid);
  await other.subscribe();
  other.send({ cmd: "text", data: "The other client speaks here, and goes on. It has another sentence. " });
  await tts.heard.sound();
  assert.equal((await tts.client.call("silence"))["count"], 0);
  assert.equal((await tts.client.call("is_speaking"))["speaking"], true);
  assert.ok(((await tts.client.call("silence", { everyone: true }))["count"] as number) >= 1);
  assert.equal((await tts.client.call("is_speaking"))["speaking"], false);
  other.close();
});
