import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { test } from "node:test";
import { promisify } from "node:util";
import { openSound } from "../../audio/file.ts";
import { wavHeader } from "../../audio/wav.ts";
import { mono } from "../../pipes/protocol/audio.ts";
import { temporaryFolder } from "../temporary.ts";
import { programsOnly } from "./surroundings.ts";
import { loudnessAt, samplesOf, tone } from "./tone.ts";

const run = promisify(execFile);
const RATE = 16_000;
const wav = (pcm: Buffer, rate: number): Buffer => Buffer.concat([wavHeader(mono(rate), pcm.length), pcm]);

async function collect(pcm: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of pcm) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test("a WAV file is read by ourselves, at the rate that is asked for, whatever its name", async () => {
  await using folder = await temporaryFolder();
  const path = await folder.write("speech.txt", wav(tone(440, 44_100, 0.5), 44_100));
  const { seconds, pcm } = await openSound(path, { rate: RATE, env: { PATH: "" } });
  assert.equal(seconds, 0.5);
  const samples = samplesOf(await collect(pcm));
  assert.equal(samples.length, RATE / 2);
  assert.ok(Math.abs(loudnessAt(440, samples, RATE) - 0.5) < 0.01);
});

for (const program of ["ffmpeg", "sox"]) {
  test(`all else is read by ${program}, by what is in it and not by its name, and its length is known where the program tells`, async () => {
    await using folder = await temporaryFolder();
    const source = await folder.write("source.wav", wav(tone(440, 44_100, 0.5), 44_100));
    await run("sox", [source, "-c", "2", `${folder.path}/sound.flac`]);
    const path = await folder.write("-|no; name.wav", await readFile(`${folder.path}/sound.flac`));
    const { seconds, pcm } = await openSound(path, { rate: RATE, env: { PATH: await programsOnly(folder.path, program) } });
    assert.equal(seconds, program === "ffmpeg" ? 0.5 : null);
    const samples = samplesOf(await collect(pcm));
    assert.ok(Math.abs(samples.length - RATE / 2) < 20, `${samples.length} samples`);
    assert.ok(Math.abs(loudnessAt(440, samples, RATE) - 0.5) < 0.01);
    const text = await folder.write("text.flac", "This is no sound at all.\n");
    const refused = openSound(text, { rate: RATE, env: { PATH: `${folder.path}/bin` } }).then(async ({ pcm }) => collect(pcm));
    await assert.rejects(refused, { code: "audio-invalid", message: new RegExp(`text.flac is no sound that can be read: ${program} says: .+`) });
  });
}

test("a WAV file with a codec in it is read by a program, too", async () => {
  await using folder = await temporaryFolder();
  const source = await folder.write("source.wav", wav(tone(440, RATE, 0.5), RATE));
  const path = `${folder.path}/adpcm.wav`;
  await run("sox", [source, "-e", "ima-adpcm", path]);
  const samples = samplesOf(await collect((await openSound(path, { rate: RATE })).pcm));
  assert.ok(Math.abs(loudnessAt(440, samples, RATE) - 0.5) < 0.02);
  await assert.rejects(openSound(path, { rate: RATE, env: { PATH: "" } }), { code: "audio-invalid", message: /WAV encoding 17 with 4 bits/ });
});

test("without ffmpeg and sox the error says what to install", async () => {
  await using folder = await temporaryFolder();
  const path = await folder.write("sound.flac", "fLaC and so on");
  await assert.rejects(openSound(path, { rate: RATE, env: { PATH: "" } }), { code: "audio-invalid", message: /it is no WAV file, and neither ffmpeg nor sox is installed\. Install one of them \(sudo apt install ffmpeg\), or give a WAV file/ });
});

test("a file that is not there, a folder, a FIFO, a device and an empty file are told apart, and nothing waits", async () => {
  await using folder = await temporaryFolder();
  await run("mkfifo", [`${folder.path}/fifo`]);
  await folder.write("empty.wav", "");
  const refused = (path: string, message: RegExp): Promise<void> => assert.rejects(openSound(path, { rate: RATE }), { message });
  await refused(`${folder.path}/none.wav`, /none\.wav: there is no such file or folder$/);
  await refused(folder.path, /: it is a folder, not a file\. Give/);
  await refused(`${folder.path}/fifo`, /: it is a FIFO, not a file/);
  await refused("/dev/zero", /: it is a device, not a file/);
  await refused(`${folder.path}/empty.wav`, /empty\.wav is no sound that can be read: it is empty/);
});

test("a file that was cut off gives what it has, and then says so", async () => {
  await using folder = await temporaryFolder();
  const whole = wav(tone(440, RATE, 0.5), RATE);
  const path = await folder.write("cut.wav", whole.subarray(0, whole.length / 2));
  const { seconds, pcm } = await openSound(path, { rate: RATE });
  assert.equal(seconds, 0.5);
  let bytes = 0;
  await assert.rejects(async () => { for await (const chunk of pcm) bytes += chunk.length; }, { code: "audio-invalid", message: /cut\.wav .* it was cut off: it promises 16000 bytes of sound and has 7978/ });
  assert.equal(bytes, 7978);
});

test("an abort ends the reading, and the program that reads", async () => {
  await using folder = await temporaryFolder();
  for (const name of ["long.wav", "long.flac"]) {
    await run("sox", ["-n", "-r", "16000", "-c", "1", "-b", "16", `${folder.path}/${name}`, "synth", "60", "sine", "440"]);
    const stop = new AbortController();
    const { pcm } = await openSound(`${folder.path}/${name}`, { rate: RATE, signal: stop.signal });
    let chunks = 0;
    await assert.rejects(async () => {
      for await (const chunk of pcm) if (chunk.length > 0 && ++chunks === 3) stop.abort();
    }, { code: "cancelled" });
    await assert.rejects(openSound(`${folder.path}/${name}`, { rate: RATE, signal: stop.signal }), { code: "cancelled" });
  }
  const { stdout } = await run("sh", ["-c", "ps -eo args | grep -F \"$1\" | grep -v grep || true", "sh", `-i file:${folder.path}`]);
  assert.equal(stdout, "");
});

test("hours of sound are read in flat memory", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/hours.wav`;
  const file = await open(path, constants.O_CREAT | constants.O_WRONLY);
  const bytes = 2 * 8000 * 3600;
  await file.write(wavHeader(mono(8000), bytes));
  await file.truncate(44 + bytes); // a hole: an hour of silence
  await file.close();
  const script = `const { openSound } = await import("./audio/file.ts");
    const { seconds, pcm } = await openSound(process.argv[1], { rate: 8000 });
    let bytes = 0; for await (const chunk of pcm) bytes += chunk.length;
    console.log(JSON.stringify({ seconds, bytes, peak: process.resourceUsage().maxRSS }));`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script, path], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  await once(child, "close");
  const { peak, ...facts } = JSON.parse(text) as { seconds: number; bytes: number; peak: number };
  assert.deepEqual(facts, { seconds: 3600, bytes });
  assert.ok(peak < 180_000, `${peak} kB`); // Node with tsx alone has 100 MB
});

