import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ToolError, type ToolEvent } from "../../../pipes/client.ts";
import { engineOf, eventsOf, type Served, serveStt, stateOf, textOf } from "./served.ts";
import { bytesOf, joined, noise, RATE, say, silence, wav } from "./speech.ts";

const SENTENCES = ["Please open the door for me.", "The weather is very nice today."];
const TEXTS = SENTENCES.map((text) => text.toLowerCase().replaceAll(/[^a-z' ]/g, ""));

const codeOf = (code: string) => (error: unknown): boolean => error instanceof ToolError && error.code === code;

describe("an stt server", () => {
  let served: Served;
  let spoken: Int16Array[];
  let recording: Int16Array;
  const file = (name: string, bytes: Uint8Array): string => {
    const path = join(served.world.folder, name);
    writeFileSync(path, bytes);
    return path;
  };
  before(async () => {
    spoken = await say(...SENTENCES);
    recording = joined(silence(0.6), ...spoken.flatMap((sentence) => [sentence, silence(0.7)]));
    served = await serveStt({ parallel: 2, maxQueue: 1 });
  });
  after(() => served[Symbol.asyncDispose]());

  test("a request that comes while the model loads waits for it and is told so, and is answered then", async () => {
    const interim: string[] = [];
    const path = file("first.wav", wav(joined(silence(0.4), spoken[0]!, silence(0.6))));
    const events = await eventsOf(served.client.stream("transcribe", { path, words: true }, { onInterim: (event) => interim.push(event.event) }));
    assert.equal(interim[0], "queued");
    const [heard, last] = events as [ToolEvent, ToolEvent];
    assert.equal(heard["text"], `${TEXTS[0]}\n`);
    assert.equal((heard["words"] as unknown[]).length, 6);
    const { start, end } = heard as { start?: number; end?: number };
    assert.ok(Math.abs(start! - 0.4) < 0.3 && Math.abs(end! - 0.4 - spoken[0]!.length / RATE) < 0.3, `${start}–${end}`);
    assert.deepEqual([last["text"], last.done, last["utterances"]], ["", true, 1]);
    assert.ok(Math.abs(Number(last["seconds"]) - 1 - spoken[0]!.length / RATE) < 0.001);
    assert.equal((await served.client.call("get_state"))["state"], "ready");
  });

  test("a file of two sentences, and what is understood of them meanwhile, with progress up to its length", async () => {
    const progress: ToolEvent[] = [];
    const path = file("two.wav", wav(recording));
    const events = await eventsOf(served.client.stream("transcribe", { path, partial: true }, { onInterim: (event) => event.event === "progress" && progress.push(event) }));
    assert.equal(textOf(events), TEXTS.map((text) => `${text}\n`).join(""));
    const partials = events.filter(({ event }) => event === "partial");
    assert.ok(partials.length > 5 && partials.every(({ done, partial }) => done === false && typeof partial === "string"));
    assert.ok(progress.length > 0);
    for (const { stage, value, total } of progress) assert.ok(stage === "transcribing" && Number(value) <= Number(total) && Math.abs(Number(total) - recording.length / RATE) < 0.01, JSON.stringify({ stage, value, total }));
  });

  test("json, srt and vtt are whole documents", async () => {
    const path = file("formats.wav", wav(recording));
    const json = JSON.parse(textOf(await eventsOf(served.client.stream("transcribe", { path, format: "json", words: true })))) as { utterances: Array<{ text: string; words: unknown[] }>; seconds: number };
    assert.deepEqual(json.utterances.map(({ text }) => text), TEXTS);
    assert.equal(json.utterances[0]!.words.length, 6);
    const srt = textOf(await eventsOf(served.client.stream("transcribe", { path, format: "srt" })));
    assert.match(srt, /^(\d+\n\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}\n[^\n]+\n\n){2}$/);
    const vtt = textOf(await eventsOf(served.client.stream("transcribe", { path, format: "vtt" })));
    assert.match(vtt, /^WEBVTT\n\n(\d\d:\d\d:\d\d\.\d{3} --> \d\d:\d\d:\d\d\.\d{3}\n[^\n]+\n\n){2}$/);
    for (const text of TEXTS) assert.ok(srt.includes(text) && vtt.includes(text));
  });

  test("sound that a client sends is understood, at another rate and in stereo, cut anywhere", async () => {
    const request = served.client.sendAudio("transcribe", { audio: { rate: 48_000, width: 2, channels: 2, encoding: "s16le" } });
    const stereo = new Int16Array(recording.length * 6);
    for (const [index, sample] of recording.entries()) stereo.fill(sample, 6 * index, 6 * index + 6);
    const bytes = bytesOf(stereo);
    const events = eventsOf(request);
    for (let at = 0; at < bytes.length; at += 10_007) request.input.write(bytes.subarray(at, at + 10_007));
    request.input.end();
    assert.equal(textOf(await events), TEXTS.map((text) => `${text}\n`).join(""));
    assert.ok(Math.abs(Number((await events).at(-1)!["seconds"]) - recording.length / RATE) < 0.01);
  });

  test("two recordings at once are each answered with their own", async () => {
    const paths = spoken.map((sentence, index) => file(`at-once${index}.wav`, wav(joined(silence(0.4), sentence, silence(0.8), sentence, silence(0.4)))));
    const heard = await Promise.all(paths.map((path) => eventsOf(served.client.stream("transcribe", { path }))));
    assert.deepEqual(heard.map(textOf), TEXTS.map((text) => `${text}\n${text}\n`));
  });

  test("what fits nowhere is refused as busy, what waits is told its place", async () => {
    const path = file("long.wav", wav(joined(...Array.from({ length: 12 }, () => recording))));
    const places: unknown[] = [];
    const abort = new AbortController();
    const under = [1, 2, 3].map((number) => eventsOf(served.client.stream("transcribe", { path }, { signal: abort.signal, onInterim: (event) => number === 3 && event.event === "queued" && places.push(event["position"]) })));
    await assert.rejects(eventsOf(served.client.stream("transcribe", { path })), codeOf("busy"));
    const ready = stateOf(served.client, "ready");
    abort.abort();
    for (const each of under) await assert.rejects(each, codeOf("cancelled"));
    await ready;
    assert.deepEqual(places, [1]);
  });

  test("silence, noise and nothing have no utterances, and are no error", async () => {
    for (const [name, samples] of Object.entries({ empty: silence(0), silent: silence(5), noisy: noise(5, 300) })) {
      const events = await eventsOf(served.client.stream("transcribe", { path: file(`${name}.wav`, wav(samples)) }));
      assert.deepEqual([events.length, events[0]!["utterances"]], [1, 0], name);
    }
  });

  test("what is no recording is said, and with what it cannot be asked for", async () => {
    const none = served.client.stream("transcribe", {});
    await assert.rejects(eventsOf(none), /expected one of path and audio, got neither/);
    await assert.rejects(eventsOf(served.client.stream("transcribe", { path: "/x.wav", audio: { rate: 16_000, width: 2, channels: 1, encoding: "s16le" } })), /got both/);
    await assert.rejects(eventsOf(served.client.stream("transcribe", { path: "here.wav" })), /an absolute path/);
    await assert.rejects(eventsOf(served.client.stream("transcribe", { path: join(served.world.folder, "nowhere.wav") })), (error) => error instanceof ToolError && error.message.includes("nowhere.wav"));
    await assert.rejects(eventsOf(served.client.stream("transcribe", { path: file("text.wav", Buffer.from("this is no sound at all ".repeat(50))) })), (error) => error instanceof ToolError && error.message.includes("text.wav"));
  });

  test("an engine that is killed takes the recording with it by name, and the next one has another", async () => {
    const path = file("killed.wav", wav(recording));
    const stream = served.client.stream("transcribe", { path, partial: true }, { retry: false } as object);
    await stream.next();
    process.kill(engineOf(served.server), "SIGKILL");
    await assert.rejects(eventsOf(stream), codeOf("engine-died"));
    assert.equal((await served.client.call("get_state"))["state"], "ready");
    assert.match(textOf(await eventsOf(served.client.stream("transcribe", { path }))), /open the door/);
  });

  test("what is not needed is let go of, and the next request has it back", async () => {
    await served.client.call("release");
    assert.equal((await served.client.call("get_state"))["state"], "released");
    assert.throws(() => engineOf(served.server));
    // Who has it let go is who says when there is room again.
    const waiting = stateOf(served.client, "waiting");
    const asked = served.client.call("get_model");
    await waiting;
    await served.client.call("admit");
    const { model } = await asked;
    assert.equal((await served.client.call("get_state"))["state"], "ready");
    assert.equal((model as { engine?: string }).engine, "pocketsphinx");
  });
});

test("without pocketsphinx the server stays, says what helps, and answers whatever needs none", async () => {
  const { makeWorld } = await import("../../harness.ts");
  const nowhere = makeWorld();
  await using served = await serveStt({}, { PIPE_TOOLS_POCKETSPHINX: nowhere.folder });
  await assert.rejects(eventsOf(served.client.stream("transcribe", { path: "/dev/null" })), (error) => error instanceof ToolError && error.code === "engine-failed" && error.message.includes("sudo apt install libpocketsphinx3 pocketsphinx-en-us") && error.message.includes(nowhere.folder));
  assert.deepEqual([(await served.client.call("get_state"))["state"], (await served.client.call("ping")).event], ["error", "pong"]);
  await nowhere.close();
});
