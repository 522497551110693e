import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { promisify } from "node:util";
import fc from "fast-check";
import { wavHeader } from "../../audio/wav.ts";
import { WavReader } from "../../audio/wav-reader.ts";
import { mono } from "../../pipes/protocol/audio.ts";
import { temporaryFolder } from "../temporary.ts";
import { samplesOf, tone } from "./tone.ts";

const RATE = 16_000;
const sound = tone(440, RATE, 0.1);
const run = promisify(execFile);

const chunk = (name: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(8);
  head.write(name, 0, "latin1");
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
};
const riff = (...chunks: Buffer[]): Buffer => {
  const body = Buffer.concat([Buffer.from("WAVE"), ...chunks]);
  return Buffer.concat([chunk("RIFF", body).subarray(0, 8), body]);
};
const fmt = (tag: number, channels: number, rate: number, bits: number, rest = Buffer.alloc(0)): Buffer => {
  const body = Buffer.alloc(16);
  body.writeUInt16LE(tag, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(rate, 4);
  body.writeUInt32LE((rate * channels * bits) / 8, 8);
  body.writeUInt16LE((channels * bits) / 8, 12);
  body.writeUInt16LE(bits, 14);
  return chunk("fmt ", Buffer.concat([body, rest]));
};
function read(file: Buffer, sizes: readonly number[] = []): { pcm: Buffer; reader: WavReader } {
  const reader = new WavReader("x.wav");
  const decoded: Buffer[] = [];
  let at = 0;
  for (const size of sizes) decoded.push(reader.push(file.subarray(at, (at += size))));
  decoded.push(reader.push(file.subarray(at)));
  reader.end();
  return { pcm: Buffer.concat(decoded), reader };
}

test("what SoX writes in any encoding is read as the same sound", async () => {
  await using folder = await temporaryFolder();
  const source = await folder.write("source.wav", Buffer.concat([wavHeader(mono(RATE), sound.length), sound]));
  const kinds: ReadonlyArray<readonly [number, ...string[]]> = [
    [256, "-b", "8", "-e", "unsigned-integer"], [0, "-b", "16"], [1, "-b", "24"], [1, "-b", "32"], [1, "-b", "32", "-e", "floating-point"], [1, "-b", "64", "-e", "floating-point"],
    [700, "-e", "a-law"], [700, "-e", "mu-law"], [1, "-b", "16", "-c", "2"], [1, "-b", "24", "-c", "6"],
  ];
  for (const [tolerance, ...options] of kinds) {
    const path = `${folder.path}/out.wav`;
    await run("sox", ["-D", source, ...options, path]);
    const { pcm, reader } = read(await readFile(path));
    assert.equal(pcm.length, sound.length, options.join(" "));
    assert.equal(reader.format?.seconds, 0.1, options.join(" "));
    const expected = samplesOf(sound);
    const worst = samplesOf(pcm).reduce((most, sample, n) => Math.max(most, Math.abs(sample - (expected[n] as number))), 0);
    assert.ok(worst <= tolerance, `${options.join(" ")}: off by ${worst}`);
  }
});

test("a file may be split anywhere, with chunks of any kind before and after the sound", () => {
  const extensible = Buffer.concat([Buffer.from([22, 0, 16, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113])]);
  const file = riff(chunk("LIST", Buffer.from("odd")), fmt(0xff_fe, 1, RATE, 16, extensible), chunk("fact", Buffer.alloc(4)), chunk("none", Buffer.alloc(0)), chunk("data", sound), chunk("LIST", Buffer.from("after")));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 40 }), (sizes) => {
      assert.deepEqual(read(file, sizes).pcm, sound);
    }),
    { numRuns: 100 },
  );
  assert.deepEqual(read(file, Array.from({ length: 200 }, () => 1)).pcm, sound);
});

test("our open-ended header is read to the end by sox, ffmpeg and aplay, and by ourselves", async () => {
  const file = Buffer.concat([wavHeader(mono(RATE), null), sound]);
  assert.deepEqual(read(file).pcm, sound);
  assert.equal(read(file).reader.format?.seconds, null);
  const raw = ["-t", "raw", "-"];
  assert.deepEqual(await piped(file, "sox", "-D", "-V1", "-t", "wav", "-", ...raw), sound);
  assert.deepEqual(await piped(file, "ffmpeg", "-v", "error", "-i", "pipe:0", "-f", "s16le", "pipe:1"), sound);
  await using folder = await temporaryFolder();
  const config = await folder.write("asound.conf", `</usr/share/alsa/alsa.conf>\npcm.out { type file slave.pcm null file "${folder.path}/out" format raw }\n`);
  await piped(file, "env", `ALSA_CONFIG_PATH=${config}`, "aplay", "-q", "-D", "out");
  assert.deepEqual((await readFile(`${folder.path}/out`)).subarray(0, sound.length), sound);
});

test("what others write into a pipe is read to its end", async () => {
  const known = Buffer.concat([wavHeader(mono(RATE), sound.length), sound]);
  assert.deepEqual(read(await piped(known, "sox", "-D", "-V1", "-t", "wav", "-", "-t", "wav", "-")).pcm, sound);
  assert.deepEqual(read(await piped(known, "ffmpeg", "-v", "error", "-i", "pipe:0", "-f", "wav", "pipe:1")).pcm, sound);
  const killed = Buffer.from(known);
  for (const at of [4, 40]) killed.writeUInt32LE(0, at);
  assert.deepEqual(read(killed).pcm, sound); // a recorder that never came to write the sizes
});

test("a file of more than four gigabytes says so in another place", () => {
  const ds64 = Buffer.alloc(28);
  ds64.writeBigUInt64LE(BigInt(2 ** 33), 8);
  const data = chunk("data", sound);
  data.writeUInt32LE(0xff_ff_ff_ff, 4);
  const file = riff(chunk("ds64", ds64), fmt(1, 1, RATE, 16), data);
  file.write("RF64", 0, "latin1");
  const reader = new WavReader("x.wav");
  assert.deepEqual(reader.push(file), sound);
  assert.equal(reader.format?.seconds, 2 ** 33 / 2 / RATE);
});

test("what is wrong with a file is said", () => {
  const cases: ReadonlyArray<readonly [Buffer, RegExp]> = [
    [Buffer.from("OggS and so on, and on"), /^x\.wav is no sound that can be read: it is no WAV file: it begins with "OggS and so "/],
    [Buffer.from("RIFF"), /it is too short/],
    [riff(), /it ends before it has said how its sound is written/],
    [riff(chunk("data", sound)), /its sound comes before it has said how that is written/],
    [riff(fmt(1, 1, RATE, 16)), /there is no data chunk/],
    [riff(chunk("fmt ", Buffer.alloc(4)), chunk("data", sound)), /its fmt chunk has 4 bytes/],
    [riff(fmt(85, 1, RATE, 16), chunk("data", sound)), /WAV encoding 85 with 16 bits\. Give it as PCM/],
    [riff(fmt(1, 0, RATE, 16), chunk("data", sound)), /it has 0 channels/],
    [riff(fmt(1, 1, 4, 16), chunk("data", sound)), /it has 4 samples a second/],
    [riff(fmt(1, 1, RATE, 16), chunk("data", sound)).subarray(0, 44 + 1600), /it was cut off: it promises 3200 bytes of sound and has 1600, 0\.05 s/],
  ];
  for (const [file, message] of cases) assert.throws(() => read(file), { code: "audio-invalid", message });
});

async function piped(input: Buffer, program: string, ...args: string[]): Promise<Buffer> {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (bytes: Buffer) => chunks.push(bytes));
  child.stdin.on("error", () => undefined).end(input);
  const [code] = await once(child, "close");
  assert.equal(code, 0, `${program} ${args.join(" ")}`);
  return Buffer.concat(chunks);
}
