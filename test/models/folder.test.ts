import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, test } from "node:test";
import { startBunzip2 } from "../../models/bunzip2/bunzip2.ts";
import { type FolderProgress, resolveModelFile, resolveModelFolder } from "../../models/folder.ts";
import { unpack } from "../../models/unpack.ts";
import { spellingVits } from "../onnx/vits.ts";
import { temporaryFolder } from "../temporary.ts";
import { bzip2, type Entry, gzip, tarOf } from "./tarball.ts";
import { sendFile, serve } from "./web.ts";

const weights = randomBytes(300_000);
const entries: Entry[] = [
  { path: "./kokoro/", type: "Directory" },
  { path: "./kokoro/._model.onnx", content: "of macOS" },
  { path: "./kokoro/model.onnx", content: weights },
  { path: "./kokoro/dict/en", content: "words" },
  { path: "./kokoro/link.onnx", type: "SymbolicLink", linkpath: "model.onnx" },
];
const archive = tarOf(entries);

async function assertWhole(path: string): Promise<void> {
  assert.deepEqual((await readdir(path, { recursive: true })).sort(), ["dict", "dict/en", "link.onnx", "model.onnx"]);
  assert.ok((await readFile(join(path, "model.onnx"))).equals(weights));
  assert.ok((await readFile(join(path, "link.onnx"))).equals(weights));
}

/** What is left beside lock files, which are never removed. */
async function leftIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && !entry.name.endsWith(".lock")).map(({ name }) => name);
}

describe("a model in a folder", () => {
  test("is taken where it lies, from wherever relative paths begin", async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, "kokoro"));
    assert.equal(await resolveModelFolder("kokoro", { folder: folder.path, cwd: folder.path }), join(folder.path, "kokoro"));
  });

  test("that is not there, or is a file, is refused by name", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "none");
    await assert.rejects(resolveModelFolder(path, { folder: folder.path }), { code: "model-missing", facts: { path, hint: "Check `model:` in tools.yaml" } });
    const file = await folder.write("model.onnx", "");
    await assert.rejects(resolveModelFolder(file, { folder: folder.path }), { code: "usage", message: /expected the folder of a model, or a \.tar\.bz2 or \.tar\.gz/ });
    await assert.rejects(resolveModelFolder("https://example.org/model.zip", { folder: folder.path }), { code: "usage", message: /ends in \.tar\.bz2 or \.tar\.gz/ });
  });
});

describe("an archive", () => {
  for (const [ending, packed] of [["tar.bz2", bzip2(archive)], ["tgz", gzip(archive)]] as const) {
    test(`.${ending} at a path is unpacked once, without the folder around it, and stays`, async () => {
      await using folder = await temporaryFolder();
      const path = await folder.write(`kokoro.${ending}`, packed);
      const stages: FolderProgress[] = [];
      const found = await resolveModelFolder(path, { folder: join(folder.path, "models"), onProgress: (progress) => stages.push(progress) });
      await assertWhole(found);
      assert.deepEqual(stages.at(-1), { stage: "unpacking", value: packed.length, total: packed.length });
      assert.equal(await resolveModelFolder(path, { folder: join(folder.path, "models"), onProgress: () => assert.fail("it is there") }), found);
      await readFile(path);
    });

    test(`.${ending} at an address is fetched, unpacked and let go of; after that no network is needed`, async () => {
      await using folder = await temporaryFolder();
      await using web = await serve((request, response) => sendFile(request, response, packed));
      const url = new URL(`kokoro.${ending}`, web.url).href;
      const stages = new Set<string>();
      const options = { folder: folder.path, onProgress: ({ stage }: FolderProgress) => stages.add(stage) };
      const found = await Promise.all([resolveModelFolder(url, options), resolveModelFolder(url, options)]);
      assert.equal(found[0], found[1]);
      await assertWhole(found[0]);
      assert.deepEqual(web.log, [`GET /kokoro.${ending}`]);
      for (const stage of ["downloading", "verifying", "unpacking"]) assert.ok(stages.has(stage), stage);
      assert.deepEqual((await leftIn(folder.path)).sort(), ["en", "model.onnx"]);
      await resolveModelFolder(url, options);
      assert.equal(web.log.length, 1);
    });
  }

  test("whose connection breaks is gone on with, and is whole in the end", async () => {
    await using folder = await temporaryFolder();
    const packed = gzip(archive);
    await using web = await serve((request, response, count) => sendFile(request, response, packed, count === 1 ? { most: 100_000 } : {}));
    await assertWhole(await resolveModelFolder(new URL("k.tar.gz", web.url).href, { folder: folder.path, pauseMs: 1 }));
    assert.equal(web.log.length, 2);
    assert.match(web.log[1]!, /bytes=/);
  });

  const damages: ReadonlyArray<readonly [title: string, name: string, bytes: () => Buffer, reason: RegExp]> = [
    ["bzip2 that is cut", "k.tar.bz2", () => bzip2(archive).subarray(0, 200_000), /damaged or truncated: .*ends unexpectedly/],
    ["bzip2 with a wrong byte", "k.tar.bz2", () => flipped(bzip2(archive)), /damaged or truncated/],
    ["gzip that is cut", "k.tar.gz", () => gzip(archive).subarray(0, 200_000), /unexpected end of file|damaged or truncated/],
    ["gzip with a wrong byte", "k.tar.gz", () => flipped(gzip(archive)), /incorrect|invalid|damaged/],
    ["a tar that was cut before it was packed", "k.tar.gz", () => gzip(archive.subarray(0, 200_000)), /damaged or truncated/],
    ["no tar", "k.tar.gz", () => gzip(Buffer.from("<html>".repeat(1000))), /damaged or truncated|nothing in it/],
    ["an empty tar", "k.tar.bz2", () => bzip2(Buffer.alloc(1024)), /Unrecognized archive format/],
  ];
  for (const [title, name, bytes, reason] of damages) {
    test(`(${title}) is named, and leaves nothing`, async () => {
      await using folder = await temporaryFolder();
      await using web = await serve((request, response) => sendFile(request, response, bytes()));
      const url = new URL(name, web.url).href;
      await assert.rejects(resolveModelFolder(url, { folder: folder.path }), (error: Error & { code?: string; facts?: { path?: string } }) => {
        assert.equal(error.code, "model-corrupt", error.message);
        assert.equal(error.facts?.path, url);
        assert.match(error.message, reason);
        return true;
      });
      assert.deepEqual(await leftIn(folder.path), []);
    });
  }

  test("that is a web page is not taken for one", async () => {
    await using folder = await temporaryFolder();
    await using web = await serve((request, response) => sendFile(request, response, Buffer.from("<!doctype html><title>Sign in</title>")));
    await assert.rejects(resolveModelFolder(new URL("k.tar.bz2", web.url).href, { folder: folder.path }), { code: "model-download", message: /it is no \.tar\.bz2 or \.tar\.gz: it begins with "<!doctyp"/ });
    assert.deepEqual(await leftIn(folder.path), []);
  });

  const hostile: ReadonlyArray<readonly [title: string, entry: Entry]> = [
    ["climbs out", { path: "../outside.txt", content: "x" }],
    ["has an absolute path", { path: "/tmp/pipe-tools-outside.txt", content: "x" }],
    ["links to a file outside", { path: "kokoro/link", type: "SymbolicLink", linkpath: "/etc/passwd" }],
    ["links upwards", { path: "kokoro/link", type: "SymbolicLink", linkpath: "../../.." }],
    ["has a hard link upwards", { path: "kokoro/link", type: "Link", linkpath: "../../../etc/passwd" }],
    ["has a FIFO", { path: "kokoro/pipe", type: "FIFO" }],
  ];
  for (const [title, entry] of hostile) {
    test(`that ${title} is refused as a whole`, async () => {
      await using folder = await temporaryFolder();
      const path = await folder.write("hostile.tar.gz", gzip(tarOf([...entries, entry])));
      const models = join(folder.path, "models");
      await assert.rejects(resolveModelFolder(path, { folder: models }), (error: Error & { code?: string }) => error.code === "model-corrupt" && error.message.includes(`its entry '${entry.path}'`));
      assert.deepEqual(await leftIn(models), []);
    });
  }

  test("that was half unpacked, or not let go of, by somebody who was killed is made good", async () => {
    await using folder = await temporaryFolder();
    const packed = gzip(archive);
    await using web = await serve((request, response) => sendFile(request, response, packed));
    const url = new URL("k.tar.gz", web.url).href;
    const target = await resolveModelFolder(url, { folder: folder.path });
    await rename(target, `${target}.unpacking`);
    await writeFile(join(`${target}.unpacking`, "half.onnx"), "half");
    await writeFile(`${target}.tar.gz`, packed);
    await assertWhole(await resolveModelFolder(url, { folder: folder.path }));
    await writeFile(`${target}.tar.gz`, packed);
    await assertWhole(await resolveModelFolder(url, { folder: folder.path }));
    assert.deepEqual((await leftIn(folder.path)).sort(), ["en", "model.onnx"]);
    assert.equal(web.log.length, 1);
  });

  test("that unpacks to more than any model has is given up before it fills the disk", async () => {
    await using folder = await temporaryFolder();
    const path = await folder.write("bomb.tar.gz", gzip(tarOf([{ path: "a.onnx", content: Buffer.alloc(5_000_000) }, { path: "b.onnx", content: Buffer.alloc(5_000_000) }])));
    const options = { signal: new AbortController().signal, name: path, onProgress: () => undefined };
    await assert.rejects(unpack(path, join(folder.path, "out"), { ...options, most: 9_000_000 }), { code: "model-corrupt", message: /more comes out of it than any model has \(2 files, 10000000 bytes\)/ });
    assert.deepEqual(await leftIn(folder.path), ["bomb.tar.gz"]);
    await unpack(path, join(folder.path, "out"), { ...options, most: 10_000_000 });
  });

  test("is left as it was when the wait for it is cancelled, and unpacked by the next", async () => {
    await using folder = await temporaryFolder();
    const path = await folder.write("k.tar.bz2", bzip2(archive));
    const models = join(folder.path, "models");
    const cancel = new AbortController();
    await assert.rejects(resolveModelFolder(path, { folder: models, signal: cancel.signal, onProgress: () => cancel.abort() }), { code: "cancelled" });
    assert.deepEqual(await leftIn(models), []);
    await assertWhole(await resolveModelFolder(path, { folder: models }));
  });
});

test("bzip2 is unpacked by our own program where there is no other, and what is damaged is damaged there, too", async () => {
  for (const [bytes, ends] of [[bzip2(archive), true], [bzip2(archive).subarray(0, 100_000), false]] as const) {
    const bunzip2 = await startBunzip2("no-such-program");
    bunzip2.input.end(bytes);
    const out = await buffer(bunzip2.output);
    if (ends) assert.ok(out.equals(archive));
    await (ends ? bunzip2.ended : assert.rejects(bunzip2.ended));
  }
});

test("a single .onnx file is taken where it lies or fetched once, and is looked into", async () => {
  await using folder = await temporaryFolder();
  const model = Buffer.from(spellingVits()[0]!.bytes);
  await using web = await serve((request, response) => sendFile(request, response, request.url === "/cut.onnx" ? model.subarray(0, 900) : model));
  const url = new URL("vocos.onnx", web.url).href;
  const path = await resolveModelFile(url, { folder: folder.path });
  assert.ok((await readFile(path)).equals(model));
  assert.equal(await resolveModelFile(url, { folder: folder.path }), path);
  assert.equal(await resolveModelFile(path, { folder: folder.path }), path);
  assert.equal(web.log.length, 1);
  await assert.rejects(resolveModelFile(new URL("cut.onnx", web.url).href, { folder: folder.path, setting: "vocoder" }), { code: "model-download", message: /it is truncated/ });
  await assert.rejects(resolveModelFile("none.onnx", { folder: folder.path, cwd: folder.path, setting: "vocoder" }), { code: "model-missing", message: /Check `vocoder:`/ });
});

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length >> 1]! ^= 0xff;
  return copy;
}
