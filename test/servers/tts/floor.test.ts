import assert from "node:assert/strict";
import { test } from "node:test";
import type { Playback } from "../../../audio/devices/device.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { Floor } from "../../../servers/tts/floor.ts";
import { SentenceQueue } from "../../../servers/tts/sentences.ts";
import { Turn, type TurnHooks } from "../../../servers/tts/turn.ts";

/** A tenth of a second of sound for each sentence, at once, and a loudspeaker that remembers what it was given. `fails` says when it breaks. */
function floorWith({ fails = () => false, slow = false }: { fails?: (text: string) => boolean; slow?: boolean } = {}) {
  const told: string[] = [];
  const heard: string[] = [];
  let opened = 0;
  const open = async (): Promise<Playback> => {
    opened++;
    const stop = new AbortController();
    const stopped = new Promise<never>((_, reject) => stop.signal.addEventListener("abort", () => reject(new ToolError("cancelled"))));
    stopped.catch(() => undefined);
    let written = 0;
    return {
      device: "fake",
      get heard() {
        return slow ? 0 : written;
      },
      async write(pcm) {
        const text = pcm.toString().trim();
        if (fails(text)) throw new ToolError("device-failed", { kind: "loudspeaker", device: "fake", reason: "it broke" });
        heard.push(text);
        written += pcm.length / 2 / 8000;
        if (slow) await stopped;
      },
      finish: () => (slow ? stopped : Promise.resolve()),
      stop: () => Promise.resolve(stop.abort()),
    };
  };
  const speech = { speaker: (text: string) => Promise.resolve({ rate: 8000, speak: ({ onPcm }: { onPcm: (pcm: Buffer) => void }) => Promise.resolve(onPcm(Buffer.from(text.padEnd(1600)))) }) };
  const floor = new Floor(speech, open, { started: () => told.push("start"), ended: () => told.push("end"), busy: (busy) => told.push(busy ? "busy" : "idle"), alive: () => undefined });
  const turn = (owner: object, texts: readonly string[], hooks: TurnHooks = {}): Turn => {
    const taken = new Turn(owner, SentenceQueue.of(texts.map((text) => ({ text, manner: {} }))), hooks);
    floor.take(taken);
    return taken;
  };
  return { floor, turn, told, heard, opened: () => opened };
}
const [anne, bob] = [{ name: "Anne" }, { name: "Bob" }];

test("Turns are spoken one after another, each with one loudspeaker, one beginning and one end", async () => {
  const { turn, told, heard, opened } = floorWith();
  const [first, second] = await Promise.all([turn(anne, ["a1", "a2", "a3"]).ended, turn(bob, ["b1"]).ended]);
  assert.deepEqual(heard, ["a1", "a2", "a3", "b1"]);
  assert.equal(opened(), 2);
  assert.ok(Math.abs(first.seconds - 0.3) < 1e-9 && Math.abs(second.seconds - 0.1) < 1e-9);
  await new Promise(setImmediate);
  assert.deepEqual(told, ["busy", "start", "end", "start", "end", "idle"]);
});

test("A loudspeaker that breaks ends the turn, tells the end of what it told the beginning of, and leaves the others theirs", async () => {
  const { turn, told, heard } = floorWith({ fails: (text) => text === "a2" });
  const broken = turn(anne, ["a1", "a2", "a3", "a4"]);
  const next = turn(bob, ["b1"]);
  await assert.rejects(broken.ended, { code: "device-failed" });
  assert.equal(broken.unheard, 3);
  await next.ended;
  assert.deepEqual(heard, ["a1", "b1"]);
  assert.deepEqual(told.filter((word) => word !== "idle"), ["busy", "start", "end", "start", "end"]);
});

test("Stopping counts what was not heard, also of those who waited, and tells their new places", async () => {
  const { floor, turn, told } = floorWith({ slow: true });
  const places: number[] = [];
  const call = { signal: new AbortController().signal, queued: (place: number) => void places.push(place), progress: () => undefined };
  const speaking = turn(anne, ["a1", "a2", "a3"]);
  const waiting = turn(anne, ["a4"]);
  const other = turn(bob, ["b1"], { call });
  while (!floor.sounds) await new Promise(setImmediate);
  assert.equal(await floor.stop(floor.turns(anne), new ToolError("cancelled")), 4);
  await Promise.all([speaking, waiting].map((turn) => assert.rejects(turn.ended, { code: "cancelled" })));
  assert.deepEqual(places, [2, 1]);
  assert.equal(await floor.stop(floor.turns(), new ToolError("cancelled")), 1);
  await assert.rejects(other.ended, { code: "cancelled" });
  await new Promise(setImmediate);
  assert.equal(told.filter((word) => word === "start").length, told.filter((word) => word === "end").length);
  assert.equal(floor.busy, false);
});

test("A turn that may go on is kept open while it holds the floor, and closed when it does not", async () => {
  const { floor, told } = floorWith();
  const sentences = new SentenceQueue();
  let holds = true;
  const turn = new Turn(anne, sentences, { holds: () => holds });
  sentences.push({ text: "a1", manner: {} });
  floor.take(turn);
  while (!told.includes("end")) await new Promise(setImmediate);
  assert.equal(sentences.closed, false);
  holds = false;
  sentences.push({ text: "a2", manner: {} });
  await turn.ended;
  assert.equal(sentences.closed, true);
  assert.deepEqual(told.slice(0, 5), ["busy", "start", "end", "start", "end"]);
});
