import assert from "node:assert/strict";
import { once } from "node:events";
import { readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { openSherpaSynthesizer } from "../../../../servers/tts/sherpa/open.ts";
import { hifigan, matcha } from "../../../onnx/matcha.ts";
import { phonemes, spelling } from "../../../onnx/vits.ts";
import { bzip2, tarOf } from "../../../models/tarball.ts";
import { sendFile, serve } from "../../../models/web.ts";
import { temporaryFolder } from "../../../temporary.ts";
import { espeakData, hear, models, withSpeech } from "./fixtures.ts";

const spells = models["a VITS that spells"]!;
/** Minutes of sound in sentences. */
const long = "abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz. ".repeat(500);

test("a text that is cancelled while it is spoken ends at once, and the next is spoken whole", () =>
  withSpeech(spells, async (synthesizer) => {
    await synthesizer.load();
    const cancel = new AbortController();
    let parts = 0;
    const onPcm = (): void => {
      parts++;
      cancel.abort();
    };
    const begun = performance.now();
    await assert.rejects(synthesizer.speak({ text: long, speed: 1 }, { signal: cancel.signal, onPcm }), { code: "cancelled" });
    assert.equal(parts, 1);
    assert.equal((await hear(synthesizer, { text: "Hello world.", speed: 1 }, spelling)).said, "hello world.");
    assert.ok(performance.now() - begun < 1000, `${performance.now() - begun} ms`);
    assert.deepEqual(synthesizer.counts, { active: 0, waiting: 0 });
  }));

test("one text is spoken at a time, those that wait know their place, and too many are refused", () =>
  withSpeech(spells, async (synthesizer) => {
    synthesizer.configure({ maxQueue: 1 });
    await synthesizer.load();
    const ended: string[] = [];
    const places: number[] = [];
    const first = hear(synthesizer, { text: "one. two. three.", speed: 1 }, spelling).then(({ said }) => ended.push(said));
    const second = synthesizer.speak({ text: "four.", speed: 1 }, { onPcm: () => undefined, onQueued: (place) => places.push(place) }).then(() => ended.push("second"));
    await assert.rejects(hear(synthesizer, { text: "five.", speed: 1 }, spelling), { code: "busy" });
    await Promise.all([first, second]);
    assert.deepEqual(places, [1]);
    assert.deepEqual(ended, ["one. two. three.", "second"]);
  }));

test("an engine that is killed while it speaks fails that text by name, and speaks the next", () =>
  withSpeech(spells, async (synthesizer) => {
    await synthesizer.load();
    const { pid } = synthesizer;
    const died = once(synthesizer, "died");
    const speaking = synthesizer.speak({ text: long, speed: 1 }, { onPcm: () => process.kill(pid!, "SIGKILL") });
    await assert.rejects(speaking, { code: "engine-died", message: /The next request starts it again/ });
    await died;
    assert.equal((await hear(synthesizer, { text: "Hello world.", speed: 1 }, spelling)).said, "hello world.");
    assert.notEqual(synthesizer.pid, pid);
  }));

test("a model and its vocoder are had by their addresses, once", async () => {
  await using folder = await temporaryFolder();
  const archive = bzip2(
    tarOf([
      ...matcha().map(({ name, bytes }) => ({ path: `matcha-test/${name}`, content: bytes })),
      // Where the data itself would be; what is published has it within.
      { path: "matcha-test/README.md", content: "tones" },
    ]),
  );
  const vocoder = Buffer.from(hifigan().bytes);
  await using web = await serve((request, response) => sendFile(request, response, request.url === "/matcha-test.tar.bz2" ? archive : vocoder));
  const stages = new Set<string>();
  const opening = { signal: new AbortController().signal, progress: (stage: string) => void stages.add(stage), retrying: (facts: object) => assert.fail(JSON.stringify(facts)) };
  const options = { tool: "tts", model: new URL("matcha-test.tar.bz2", web.url).href, vocoder: new URL("hifigan_v2.onnx", web.url).href, threads: "auto", maxQueue: 4, folder: folder.path } as const;
  const first = await openSherpaSynthesizer(options, opening);
  const missing = { code: "model-missing", message: /espeak-ng-data\/phontab/ };
  await assert.rejects(first.load(), missing);
  await first.stop();
  assert.deepEqual([...stages].sort(), ["downloading", "unpacking", "verifying"]);
  const [address] = (await readdir(join(folder.path, "url"), { recursive: true })).filter((name) => name.endsWith("matcha-test"));
  await symlink(espeakData(), join(folder.path, "url", address!, "espeak-ng-data"));
  const second = await openSherpaSynthesizer(options, opening);
  assert.equal((await hear(second, { text: "Hello world.", speed: 1 }, phonemes)).said, models["Matcha"]!.hello);
  await second.stop();
  assert.deepEqual(web.log, ["GET /matcha-test.tar.bz2", "GET /hifigan_v2.onnx"]);
});
