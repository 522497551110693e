import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { lstat, readdir, readFile, symlink } from "node:fs/promises";
import { test } from "node:test";
import { promisify } from "node:util";
import { writeSound } from "../../audio/file.ts";
import { wavHeader } from "../../audio/wav.ts";
import { mono } from "../../pipes/protocol/audio.ts";
import { temporaryFolder } from "../temporary.ts";
import { tone } from "./tone.ts";

const FORMAT = mono(16_000);
const sound = tone(440, 16_000, 0.5);

async function* pieces(pcm: Buffer, size = 1001): AsyncGenerator<Buffer> {
  for (let at = 0; at < pcm.length; at += size) yield pcm.subarray(at, at + size);
}
async function* failing(): AsyncGenerator<Buffer> {
  yield sound;
  throw new Error("the engine died");
}

test("a file is there when it is whole, with its sizes in it, and replaces what was there", async () => {
  await using folder = await temporaryFolder();
  const path = await folder.write("out.wav", "old");
  assert.equal(await writeSound(path, "wav", FORMAT, pieces(sound)), 0.5);
  assert.deepEqual(await readFile(path), Buffer.concat([wavHeader(FORMAT, sound.length), sound]));
  assert.equal(await writeSound(`${folder.path}/out.raw`, "s16le", FORMAT, pieces(sound)), 0.5);
  assert.deepEqual(await readFile(`${folder.path}/out.raw`), sound);
  assert.deepEqual((await readdir(folder.path)).sort(), ["out.raw", "out.wav"]);
});

test("whatever fails, what was there is left as it was, and nothing else is left", async () => {
  await using folder = await temporaryFolder();
  const path = await folder.write("out.wav", "old");
  await assert.rejects(writeSound(path, "wav", FORMAT, failing()), { message: "the engine died" });
  const stop = new AbortController();
  async function* endless(): AsyncGenerator<Buffer> {
    yield sound;
    stop.abort();
    await new Promise(() => undefined);
  }
  await assert.rejects(writeSound(path, "wav", FORMAT, endless(), stop.signal), { code: "cancelled" });
  assert.equal(await readFile(path, "utf8"), "old");
  assert.deepEqual(await readdir(folder.path), ["out.wav"]);
  await assert.rejects(writeSound(`${folder.path}/none/out.wav`, "wav", FORMAT, pieces(sound)), { code: "file-failed", message: /none\/out\.wav: there is no such file or folder/ });
  await assert.rejects(writeSound(folder.path, "wav", FORMAT, pieces(sound)), { code: "file-failed", message: /: it is a folder, not a file/ });
});

test("a link is replaced and not followed", async () => {
  await using folder = await temporaryFolder();
  const target = await folder.write("precious", "keep me");
  await symlink(target, `${folder.path}/out.wav`);
  await writeSound(`${folder.path}/out.wav`, "wav", FORMAT, pieces(sound));
  assert.equal(await readFile(target, "utf8"), "keep me");
  assert.ok((await lstat(`${folder.path}/out.wav`)).isFile());
});

test("a device is written into, and a full one is told of as a full disk", async () => {
  assert.equal(await writeSound("/dev/null", "wav", FORMAT, pieces(sound)), 0.5);
  await assert.rejects(writeSound("/dev/full", "s16le", FORMAT, pieces(sound)), { code: "disk-full", message: /^\/dev\/full cannot be written: the disk is full.*Make room/ });
});

test("a FIFO is written into as the sound comes; without a reader it is an error, and one that stops reading is told of", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/fifo`;
  await promisify(execFile)("mkfifo", [path]);
  await assert.rejects(writeSound(path, "wav", FORMAT, pieces(sound)), { code: "file-failed", message: /fifo: nobody reads from it/ });

  const long = tone(440, 16_000, 10); // more than a FIFO holds
  // It opens the FIFO on both ends, so that it has a reader before it says so.
  const reader = spawn("sh", ["-c", 'exec 3<>"$0"; echo ready >&2; exec head -c "$1" <&3', path, `${44 + long.length}`], { stdio: ["ignore", "pipe", "pipe"] });
  const chunks: Buffer[] = [];
  reader.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(reader.stderr, "data");
  await writeSound(path, "wav", FORMAT, pieces(long, 32_000));
  await once(reader, "close");
  assert.deepEqual(Buffer.concat(chunks), Buffer.concat([wavHeader(FORMAT, null), long]));

  const deaf = spawn("sh", ["-c", 'exec 3<>"$0"; exec 4<"$0"; exec 3>&-; echo ready >&2; exec sleep 60 <&4', path], { stdio: ["ignore", "ignore", "pipe"] });
  await once(deaf.stderr, "data");
  const stop = new AbortController();
  let given = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const piece of pieces(long, 32_000)) {
      given += piece.length;
      if (given > 90_000) setImmediate(() => stop.abort()); // it is full by now, and the next piece waits
      yield piece;
    }
  }
  await assert.rejects(writeSound(path, "s16le", FORMAT, counted(), stop.signal), { code: "cancelled" });
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  async function* begun(): AsyncGenerator<Buffer> {
    open(); // the first piece is asked for when the FIFO is open
    yield* pieces(long, 32_000);
  }
  const ending = writeSound(path, "s16le", FORMAT, begun());
  const refused = assert.rejects(ending, { code: "file-failed", message: /fifo: whoever read from it has stopped/ });
  await opened;
  deaf.kill();
  await refused;
});
