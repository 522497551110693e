import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { samplesOf } from "../../../../audio/pcm.ts";
import { Flite } from "../../../../servers/tts/flite/flite.ts";
import { VOICES } from "../../../../servers/tts/flite/voices.ts";
import { temporaryFolder } from "../../../temporary.ts";
import { levelOf, spokenBy } from "../spoken.ts";

let flite: Flite;
before(async () => {
  flite = Flite.start({ tool: "tts", maxQueue: 4 });
  await flite.load();
});
after(() => flite.stop());

const SENTENCE = "Hello world, this is a test of speech.";

test("The model says its engine, its rate and its voices, the one that is understood best first", async () => {
  const model = await flite.load();
  assert.equal(model.engine, "flite");
  assert.equal(model.rate, 16_000);
  assert.deepEqual(model.voices.map(({ name }) => name), ["rms", "slt", "awb", "kal"]);
});

for (const { name } of VOICES) {
  test(`${name} speaks: a sentence has its length, sound, and no long silence around it`, async () => {
    const samples = samplesOf(await spokenBy(flite, { text: SENTENCE, voice: name, speed: 1 }));
    assert.ok(samples.length > 1.8 * 16_000 && samples.length < 3.2 * 16_000, `${samples.length / 16_000} s`);
    assert.ok(levelOf(samples) > 500, `a level of ${levelOf(samples)}`);
    const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    const first = samples.findIndex((sample) => Math.abs(sample) > peak / 64);
    const last = samples.findLastIndex((sample) => Math.abs(sample) > peak / 64);
    assert.ok(first <= 0.051 * 16_000, `${first / 16} ms before the first sound`);
    assert.ok(samples.length - last <= 0.201 * 16_000, `${(samples.length - last) / 16} ms after the last`);
  });
}

test("Voices differ, and without a name the first one speaks", async () => {
  const [usual, rms, slt] = await Promise.all([undefined, "rms", "slt"].map((voice) => spokenBy(flite, { text: SENTENCE, voice, speed: 1 })));
  assert.ok(usual!.equals(rms!));
  assert.ok(!usual!.equals(slt!));
});

test("Twice as fast takes half as long", async () => {
  const [slow, usual, fast] = await Promise.all([0.5, 1, 2].map(async (speed) => (await spokenBy(flite, { text: SENTENCE, speed })).length));
  assert.ok(Math.abs(fast! / usual! - 0.5) < 0.1, `${fast! / usual!}`);
  assert.ok(Math.abs(slow! / usual! - 2) < 0.3, `${slow! / usual!}`);
});

test("Signs beyond ASCII are said as what they are, or left out, and a text of nothing else makes no sound", async () => {
  const [fancy, plain] = await Promise.all(["“Café” – it’s 5° €", '"Cafe" , it\'s 5 degrees euros'].map((text) => spokenBy(flite, { text, speed: 1 })));
  assert.ok(fancy!.equals(plain!));
  assert.equal((await spokenBy(flite, { text: "日本 🎉", speed: 1 })).length, 0);
});

test("What looks like an option or a file is only text", async () => {
  for (const text of ["-lv", "--help", "/etc/passwd", "-o /out.wav"]) assert.ok((await spokenBy(flite, { text, speed: 1 })).length > 8000, text);
});

test("A voice that there is none of is refused with those that there are", async () => {
  await assert.rejects(spokenBy(flite, { text: "x", voice: "rsm", speed: 1 }), { code: "invalid-request", message: "invalid request: $.voice: expected one of rms, slt, awb, kal, got rsm. Did you mean 'rms'?" });
});

test("A cancelled utterance ends at once, and a long one is not made to its end", async () => {
  const cancel = new AbortController();
  const first = resolvers();
  let parts = 0;
  const long = flite.speak({ text: "This is a long text, that goes on and on. ".repeat(100), speed: 1 }, { signal: cancel.signal, onPcm: () => (parts++, first.resolve()) });
  await first.promise;
  const asked = performance.now();
  cancel.abort();
  await assert.rejects(long, { code: "cancelled" });
  assert.ok(performance.now() - asked < 20);
  await spokenBy(flite, { text: "Next.", speed: 1 });
  assert.ok(performance.now() - asked < 1500, `the next one was done after ${performance.now() - asked} ms`);
  assert.ok(parts < 10, `${parts} parts`);
});

test("An engine that is killed in the middle of a sentence fails it with a name, and the next one is spoken", async () => {
  const first = resolvers();
  const long = flite.speak({ text: "This is a long text, that goes on and on. ".repeat(50), speed: 1 }, { onPcm: () => first.resolve() });
  const failed = assert.rejects(long, { code: "engine-died" });
  await first.promise;
  process.kill(flite.pid!, "SIGKILL");
  await failed;
  assert.ok((await spokenBy(flite, { text: SENTENCE, speed: 1 })).length > 1.8 * 32_000);
});

test("A file that is missing, or no WebAssembly, is named", async () => {
  await using folder = await temporaryFolder();
  const missing = Flite.start({ tool: "tts", maxQueue: 1, path: `${folder.path}/none.wasm` });
  await assert.rejects(missing.load(), { code: "model-missing" });
  await missing.stop();
  const wrong = Flite.start({ tool: "tts", maxQueue: 1, path: await folder.write("wrong.wasm", "no module") });
  await assert.rejects(wrong.load(), (error: Error) => "code" in error && error.code === "model-corrupt" && error.message.includes("wrong.wasm"));
  await wrong.stop();
});

function resolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((go) => (resolve = go));
  return { promise, resolve };
}
