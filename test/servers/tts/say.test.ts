import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ToolClient, type ToolEvent } from "../../../pipes/client.ts";
import { makeWorld, type Running } from "../../harness.ts";
import { samplesOf } from "../../../audio/pcm.ts";
import { levelOf } from "./spoken.ts";

const world = makeWorld();
let server: Running;
let client: ToolClient;
before(async () => {
  server = await world.serve("servers/tts/main.ts", "tts");
  client = await ToolClient.connect("tts", { folder: world.pipes });
});
after(async () => {
  await client.close();
  await server.kill();
  await world.close();
});

async function sent(args: object): Promise<{ pcm: Buffer; said: ToolEvent; rate: number }> {
  const reply = client.receiveAudio("say", { play: false, ...args });
  const parts: Buffer[] = [];
  for await (const part of reply) parts.push(part);
  return { pcm: Buffer.concat(parts), said: await reply.final, rate: (await reply.format).rate };
}
const TEXT = "Hello there. This is said to the caller.";

test("Sound to the caller has the voice's rate, or the one that is asked for", async () => {
  const usual = await sent({ text: TEXT });
  assert.equal(usual.rate, 16_000);
  assert.ok(levelOf(samplesOf(usual.pcm)) > 500);
  assert.ok(Math.abs(usual.pcm.length / 32_000 - (usual.said["seconds"] as number)) < 0.002);
  const { first, total } = usual.said["timings"] as { first: number; total: number };
  assert.ok(first > 0 && first <= total);
  const high = await sent({ text: TEXT, rate: 48_000 });
  assert.equal(high.rate, 48_000);
  assert.ok(Math.abs(high.pcm.length / usual.pcm.length - 3) < 0.02, `${high.pcm.length / usual.pcm.length}`);
  assert.ok(levelOf(samplesOf(high.pcm)) > 500);
});

test("A file is a WAV, or bare samples, by its name or as asked", async () => {
  const { pcm } = await sent({ text: "Into a file.", voice: "slt" });
  const wav = join(world.folder, "a.wav");
  const said = await client.call("say", { text: "Into a file.", voice: "slt", path: wav });
  assert.equal(said["path"], wav);
  const bytes = await readFile(wav);
  assert.equal(bytes.toString("latin1", 0, 4), "RIFF");
  assert.equal(bytes.readUInt32LE(24), 16_000);
  assert.equal(bytes.length - 44, bytes.readUInt32LE(40));
  assert.ok(bytes.subarray(44).equals(pcm));
  const raw = join(world.folder, "a.raw");
  await client.call("say", { text: "Into a file.", voice: "slt", path: raw });
  assert.ok((await readFile(raw)).equals(pcm));
  await client.call("say", { text: "Into a file.", voice: "slt", path: raw, format: "wav" });
  assert.equal((await readFile(raw)).toString("latin1", 0, 4), "RIFF");
  await client.call("say", { text: "Into a file.", voice: "slt", path: wav, rate: 8000 });
  assert.equal((await readFile(wav)).readUInt32LE(24), 8000);
  await assert.rejects(client.call("say", { text: "x", path: join(world.folder, "none/a.wav") }), (error: Error) => error.message.includes("none/a.wav"));
});

test("Voices of both engines in one text are brought to one rate", async () => {
  const { pcm, rate } = await sent({ text: "Hello there. 你好吗？我很好。 Bye now." });
  assert.equal(rate, 16_000);
  assert.ok(pcm.length > 3 * 32_000, `${pcm.length / 32_000} s`);
});

test("Nothing to be said is said in no time", async () => {
  const { pcm, said } = await sent({ text: "🎉 ---" });
  assert.equal(pcm.length, 0);
  assert.equal(said["seconds"], 0);
});

test("A book is not made faster than it is taken, two sentences ahead at most", async () => {
  const reply = client.receiveAudio("say", { play: false, text: "This is one of very many sentences. ".repeat(20_000) });
  await reply.next();
  const { value } = await reply.next();
  assert.ok((value as Buffer).length > 0);
  // Whoever else wants something said is served meanwhile, so it does wait.
  const begun = performance.now();
  await client.call("say", { text: "Meanwhile.", path: join(world.folder, "b.wav") });
  assert.ok(performance.now() - begun < 1500);
  assert.equal((await client.call("get_state"))["state"], "synthesizing");
  await reply.return?.();
  await client.call("ping");
});

test("What cannot be said is refused with what there is", async () => {
  await assert.rejects(client.call("say", { text: "x", voice: "rsm", play: false }), { code: "invalid-request", message: /Did you mean 'rms'\?/ });
  await assert.rejects(client.call("say", { text: "x", language: "tlh", play: false }), { code: "unsupported", message: /speak 'tlh'/ });
  await assert.rejects(client.call("say", { text: "" }), { code: "invalid-request" });
  await assert.rejects(client.call("say", { text: "x".repeat(1_000_001) }), { code: "invalid-request", message: /at most 1000000 characters/ });
});

test("The voices are those of all engines, or those for a language, and the model is told", async () => {
  const voices = async (language?: string): Promise<string[]> => ((await client.call("voices", language === undefined ? {} : { language }))["voices"] as Array<{ name: string; engine: string }>).map(({ name, engine }) => `${engine} ${name}`);
  assert.deepEqual((await voices()).slice(0, 4), ["flite rms", "flite slt", "flite awb", "flite kal"]);
  assert.deepEqual(await voices("de-CH"), ["espeak-ng de"]);
  assert.equal(((await client.call("get_model"))["model"] as { engine: string }).engine, "flite");
});
