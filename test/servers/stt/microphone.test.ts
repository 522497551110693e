import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ToolError, type ToolEvent } from "../../../pipes/client.ts";
import { type Pulse, startPulse } from "../../audio/pulse.ts";
import { speakInto } from "./room.ts";
import { engineOf, eventual, reached, type Served, serveStt, stateOf } from "./served.ts";
import { say } from "./speech.ts";

let pulse: Pulse;
let sentence: Int16Array;
before(async () => {
  pulse = await startPulse();
  [sentence] = (await say("Please open the door for me.")) as [Int16Array];
});
after(() => pulse.close());

/** The rest depends on how the sound server has cut the beginning. */
const SAID = /\bfor me\b/;

const speak = (sink?: string): Promise<void> => speakInto(pulse, sentence, sink);

describe("the microphone", () => {
  let served: Served;
  before(async () => {
    served = await serveStt({}, pulse.env);
    await served.client.call("get_model");
  });
  after(() => served[Symbol.asyncDispose]());

  test("devices are listed, named, and chosen by index or name", async () => {
    const { devices } = (await served.client.call("list_devices")) as unknown as { devices: Array<{ index: number; name: string }> };
    const index = devices.findIndex(({ name }) => name === pulse.source);
    assert.ok(index >= 0, JSON.stringify(devices));
    assert.equal((await served.client.call("get_device"))["device"], pulse.source);
    assert.equal((await served.client.call("set_device", { device: devices[index]!.index }))["device"], pulse.source);
    await assert.rejects(served.client.call("set_device", { device: "no such thing" }), (error) => error instanceof ToolError && error.code === "not-found");
  });

  test("from start to pause everybody is told what is said: when it begins, piece by piece, as a whole with the words' times, and its end", async () => {
    const events: ToolEvent[] = [];
    for (const name of ["speech_start", "token", "speech", "speech_end"]) served.client.on(name, (event: ToolEvent) => events.push(event));
    const listening = stateOf(served.client, "listening");
    assert.equal((await served.client.call("start")).event, "started");
    await listening;
    const transcribing = stateOf(served.client, "transcribing");
    const ended = eventual(served.client, "speech_end");
    const begun = Date.now() / 1000;
    await speak();
    await ended;
    await transcribing;
    const paused = stateOf(served.client, "paused");
    assert.equal((await served.client.call("pause")).event, "paused");
    await paused;
    assert.deepEqual([events[0]!.event, events.at(-1)!.event], ["speech_start", "speech_end"]);
    assert.ok(events.every((event) => !("done" in event)), "upstream's client would take it for the end of a stream");
    const tokens = events.flatMap((event) => (event.event === "token" ? [event["text"] as string] : []));
    assert.ok(tokens.length >= 3, JSON.stringify(tokens));
    const whole = events.at(-2) as unknown as { event: string; text: string; words: Array<{ word: string; start: number; end: number }> };
    assert.match(whole.text, SAID);
    assert.equal(whole.words.map(({ word }) => word).join(" "), whole.text);
    for (const [index, { start, end }] of whole.words.entries()) assert.ok(start >= (whole.words[index - 1]?.start ?? begun) && end > start && end < Date.now() / 1000, JSON.stringify({ begun, words: whole.words }));
    assert.ok(whole.words[0]!.start < begun + 1.5, "it is the moment at which it was said");
  });

  test("a client hears utterances until it has as many as it wanted, with words and with what is understood so far", async () => {
    const events: ToolEvent[] = [];
    const told: string[] = [];
    for (const name of ["speech_start", "token", "speech", "speech_end"]) served.client.on(name, () => told.push(name));
    const listening = stateOf(served.client, "listening");
    const heard = (async () => {
      for await (const event of served.client.stream("listen", { utterances: 1, words: true, partial: true })) events.push(event);
    })();
    const other = served.client.stream("listen", { utterances: 1 }).next();
    await listening;
    await assert.rejects(served.client.call("release"), (error) => error instanceof ToolError && error.code === "busy");
    await speak();
    await heard;
    const utterance = events.at(-2)!;
    assert.equal((await other).value["text"], utterance["text"], "all hear the same");
    assert.match(String(utterance["text"]), SAID);
    assert.equal((utterance["words"] as unknown[]).length, String(utterance["text"]).split(" ").length);
    assert.ok(Math.abs(Number(utterance["start"]) - Date.now() / 1000) < 10);
    assert.ok(events.some(({ event }) => event === "partial"));
    assert.deepEqual([events.at(-1)!.done, events.at(-1)!["utterances"]], [true, 1]);
    await reached(served.client, "paused");
    assert.deepEqual(told, ["speech_start", "speech_end"], "what was said is the client's own");
  });

  test("an engine that dies is said, and the next sentence is heard by another one", async () => {
    const abort = new AbortController();
    const listening = stateOf(served.client, "listening");
    const stream = served.client.stream("listen", {}, { signal: abort.signal });
    const first = stream.next();
    await listening;
    const loading = stateOf(served.client, "loading");
    const again = loading.then(() => stateOf(served.client, "listening"));
    process.kill(engineOf(served.server), "SIGKILL");
    assert.match(String((await loading)["reason"]), /died/);
    await again;
    await speak();
    assert.match(String((await first).value["text"]), SAID);
    abort.abort();
    await assert.rejects(stream.next(), (error) => error instanceof ToolError && error.code === "cancelled");
    await reached(served.client, "paused");
  });

  test("a microphone that is pulled out is said, and listened to again when it is back", async () => {
    await pulse.sink("headset");
    await served.client.call("set_device", { device: "headset-microphone" });
    const listening = stateOf(served.client, "listening");
    await served.client.call("start");
    await listening;
    const lost = eventual(served.client, "state_changed", (event) => String(event["reason"]).includes("gone"));
    await pulse.removeSink("headset");
    await lost;
    const back = eventual(served.client, "state_changed", (event) => event["state"] === "listening" && event["reason"] === undefined);
    await pulse.sink("headset");
    await back;
    const speech = eventual(served.client, "speech", (event) => "words" in event);
    await speak("headset");
    assert.match(String((await speech)["text"]), SAID);
    await served.client.call("pause");
    await pulse.removeSink("headset");
    await served.client.call("set_device", { device: "default" });
  });

  test("settings that are live hold at once", async () => {
    await served.client.call("configure", { settings: { silence: 0.3, preRoll: 0.2 } });
    assert.equal((await served.client.call("get_config"))["silence"], 0.3);
    await assert.rejects(served.client.call("configure", { settings: { engine: "sherpa-onnx" } }), (error) => error instanceof ToolError && error.code === "unsupported");
  });
});
