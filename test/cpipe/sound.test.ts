import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { wavHeader } from "../../audio/wav.ts";
import { mono } from "../../pipes/protocol/audio.ts";
import { Place } from "./program.ts";

// Sound at a shell: into files, into programs, and out of them.
const place = new Place();
before(async () => void (await place.serve("test/fixtures/servers/sound.ts")));
after(() => place.close());
const at = (name: string): string => join(place.root, name);
const shell = (line: string) => place.shell(`cd "${place.root}"; ${line}`);

/** The samples that the server counts. */
function counting(samples: number): Buffer {
  const pcm = Buffer.alloc(2 * samples);
  for (let index = 0; index < samples; index++) pcm.writeUInt16LE(index % 65_536, 2 * index);
  return pcm;
}
const hashOf = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

test("-o puts the sound into a WAV file whose header says how long it is, and the answer is printed as ever", async () => {
  const done = await shell("cpipe sound count 100000 -o tone.wav");
  assert.deepEqual(done, { code: 0, signal: null, stdout: "200000\n", stderr: "" });
  assert.deepEqual(readFileSync(at("tone.wav")), Buffer.concat([wavHeader(mono(48_000), 200_000), counting(100_000)]));
  assert.deepEqual(JSON.parse((await shell("cpipe sound count 10 -o tone.wav --json")).stdout), { event: "counted", sent: 20 });
  assert.equal(readFileSync(at("tone.wav")).length, 64, "what was there is replaced");
});

test("another ending is bare samples, and - is standard output, with a header whose sizes are open", async () => {
  assert.equal((await shell("cpipe sound count 1000 -o tone.raw")).code, 0);
  assert.deepEqual(readFileSync(at("tone.raw")), counting(1000));
  assert.deepEqual(await shell("cpipe sound count 50000 -o - > piped.wav"), { code: 0, signal: null, stdout: "", stderr: "" });
  assert.deepEqual(readFileSync(at("piped.wav")), Buffer.concat([wavHeader(mono(48_000), null), counting(50_000)]));
});

test("a player that leaves early ends the request, and is nobody's failure", async () => {
  assert.deepEqual(await shell("cpipe sound count 90000000 -o - | head -c 100 | wc -c"), { code: 0, signal: null, stdout: "100\n", stderr: "" });
});

test("a failure leaves no half of a file behind", async () => {
  const done = await shell("cpipe sound count 100000 --fail -o broken.wav");
  assert.equal(done.code, 1);
  assert.match(done.stderr, /the voice broke/);
  assert.equal(existsSync(at("broken.wav")), false);
  assert.match((await shell("cpipe sound count 10 -o nowhere/tone.wav")).stderr, /nowhere\/tone\.wav: ENOENT/);
});

test("what has no sound has nothing to put into a file, and a form mistyped is no file", async () => {
  const done = await shell("cpipe sound ping -o pong.wav");
  assert.deepEqual([done.code, existsSync(at("pong.wav"))], [2, false]);
  assert.match(done.stderr, /ping is not answered with sound/);
  assert.match((await shell("cpipe sound count 10 -o jsn")).stderr, /expected text, json, jsonl, or a file for sound/);
});

test("a recording on standard input goes with the request: a WAV file as its header says, bare samples as --audio says", async () => {
  writeFileSync(at("in.wav"), Buffer.concat([wavHeader(mono(22_050), 200_000), counting(100_000)]));
  const taken = { event: "taken", bytes: 200_000, hash: hashOf(counting(100_000)), rate: 22_050 };
  assert.deepEqual(JSON.parse((await shell("cpipe sound take - --json < in.wav")).stdout), taken);
  assert.deepEqual(JSON.parse((await shell("cat in.wav | cpipe sound take --json")).stdout), taken);
  const bare = `cpipe sound take - --json --audio '${JSON.stringify(mono(8000))}' < tone.raw`;
  assert.deepEqual(JSON.parse((await shell(bare)).stdout), { event: "taken", bytes: 2000, hash: hashOf(counting(1000)), rate: 8000 });
});

test("what is no recording is said before anything is asked, and a server that has enough ends it", async () => {
  const done = await shell("echo no sound at all | cpipe sound take -");
  assert.deepEqual([done.code, done.stdout], [1, ""]);
  assert.match(done.stderr, /standard input is no sound that can be read/);
  assert.equal((await shell("cat in.wav /dev/zero | cpipe sound take - --most 100000 --json")).code, 0);
});
