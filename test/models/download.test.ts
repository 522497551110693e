import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { builtinModel } from "../../servers/chat/builtin/model.ts";
import { download, type DownloadProgress } from "../../models/download.ts";
import { temporaryFolder } from "../temporary.ts";
import { sendFile, serve } from "./web.ts";

const model = builtinModel();
const sha256 = createHash("sha256").update(model).digest("hex");

describe("a download", () => {
  test("lands whole, for its owner only, and tells how far it is", async () => {
    await using folder = await temporaryFolder();
    await using web = await serve((request, response) => sendFile(request, response, model, { headers: { "x-linked-etag": `"${sha256}"` } }));
    const target = join(folder.path, "deep", "model.gguf");
    const seen: DownloadProgress[] = [];
    await download(web.url, target, { onProgress: (progress) => seen.push(progress) });
    assert.ok((await readFile(target)).equals(model));
    assert.equal((await stat(target)).mode & 0o777, 0o600);
    assert.deepEqual((await readdir(join(folder.path, "deep"))).sort(), ["model.gguf", "model.gguf.lock"]);
    assert.deepEqual(seen[0], { stage: "downloading", value: 0, total: model.length });
    assert.deepEqual(seen.at(-2), { stage: "downloading", value: model.length, total: model.length });
    assert.equal(seen.at(-1)!.stage, "verifying");
    await download(web.url, target);
    assert.equal(web.log.length, 1, "what is there is not fetched again");
  });

  test("goes on where a dropped connection ended", async () => {
    await using folder = await temporaryFolder();
    await using web = await serve((request, response, count) => sendFile(request, response, model, count < 3 ? { most: 300_000 } : {}));
    const target = join(folder.path, "model.gguf");
    const reasons: string[] = [];
    await download(web.url, target, { pauseMs: 1, onRetry: (reason) => reasons.push(reason) });
    assert.ok((await readFile(target)).equals(model));
    const offsets = web.log.map((line) => Number(/bytes=(\d+)-$/.exec(line)?.[1] ?? 0));
    assert.equal(offsets.length, 3);
    assert.ok(offsets[0] === 0 && offsets[1]! > 0 && offsets[2]! > offsets[1]!, String(offsets));
    assert.equal(reasons.length, 2);
  });

  test("goes on after it was cancelled, in another call, and rejects as cancelled", async () => {
    await using folder = await temporaryFolder();
    // The first answer never ends.
    await using web = await serve((request, response, count) => {
      if (count > 1) return sendFile(request, response, model);
      response.writeHead(200, { etag: '"one"', "content-length": model.length });
      response.write(model.subarray(0, 500_000));
    });
    const target = join(folder.path, "model.gguf");
    const cancel = new AbortController();
    const onProgress = ({ value }: DownloadProgress): void => {
      if (value > 0) cancel.abort();
    };
    const first = download(web.url, target, { signal: cancel.signal, onProgress, stallMs: 300, pauseMs: 1 });
    await assert.rejects(first, { code: "cancelled" });
    await assert.rejects(stat(target), { code: "ENOENT" });
    await download(web.url, target);
    assert.ok((await readFile(target)).equals(model));
    assert.match(web.log.at(-1)!, /bytes=\d+-$/);
  });

  test("begins anew when the file on the server is another one meanwhile", async () => {
    await using folder = await temporaryFolder();
    const old = Buffer.alloc(model.length, "x");
    await using web = await serve((request, response, count) =>
      count === 1 ? sendFile(request, response, old, { etag: '"old"', most: 200_000 }) : sendFile(request, response, model, { etag: '"new"' }),
    );
    const target = join(folder.path, "model.gguf");
    await download(web.url, target, { pauseMs: 1 });
    assert.ok((await readFile(target)).equals(model));
  });

  test("that was complete when its process died is verified, not fetched again", async () => {
    await using folder = await temporaryFolder();
    await using web = await serve((request, response) => sendFile(request, response, model));
    const target = join(folder.path, "model.gguf");
    await folder.write("model.gguf.part", model);
    await folder.write("model.gguf.part.json", JSON.stringify({ url: web.url.href, validator: '"one"' }));
    await download(web.url, target);
    assert.ok((await readFile(target)).equals(model));
    assert.deepEqual(web.log, [`GET /model.gguf bytes=${model.length - 1}-`]);
  });

  test("with another hash than announced is thrown away", async () => {
    await using folder = await temporaryFolder();
    await using web = await serve((request, response) => sendFile(request, response, model, { headers: { "x-linked-etag": "0".repeat(64) } }));
    await assert.rejects(download(web.url, join(folder.path, "model.gguf")), { code: "model-download", message: new RegExp(`its SHA-256 is ${sha256}, the server announced 0+$`) });
    assert.deepEqual(await readdir(folder.path), ["model.gguf.lock"]);
  });

  test("that is no model, or only the beginning of one, is thrown away", async () => {
    for (const [bytes, reason] of [[Buffer.from("<html>Please sign in</html>"), /begins with "<htm"/], [model.subarray(0, 700_000), /truncated/]] as const) {
      await using folder = await temporaryFolder();
      await using web = await serve((request, response) => sendFile(request, response, bytes));
      await assert.rejects(download(web.url, join(folder.path, "model.gguf")), { code: "model-download", message: reason });
      assert.deepEqual(await readdir(folder.path), ["model.gguf.lock"]);
    }
  });

  test("is not tried again when the answer is a clear no", async () => {
    await using folder = await temporaryFolder();
    for (const [status, words] of [[404, /answered 404 \(not found\)\. Check `model:`/], [401, /set HF_TOKEN/]] as const) {
      await using web = await serve((_, response) => void response.writeHead(status).end());
      await assert.rejects(download(web.url, join(folder.path, "model.gguf"), { pauseMs: 1 }), { code: "model-download", message: words });
      assert.equal(web.log.length, 1);
    }
  });

  test("is tried again a few times, and not for ever, when the server fails or only ever sends a little", async () => {
    await using folder = await temporaryFolder();
    const target = join(folder.path, "model.gguf");
    await using broken = await serve((_, response) => void response.writeHead(503).end());
    await assert.rejects(download(broken.url, target, { pauseMs: 1 }), { code: "model-download", message: /answered 503.*Given up after 5 attempts/ });
    assert.equal(broken.log.length, 5);
    await using stingy = await serve((request, response) => sendFile(request, response, model, { most: 150_000 }));
    await assert.rejects(download(stingy.url, target, { pauseMs: 1 }), { code: "model-download" });
    assert.equal(stingy.log.length, 5);
    assert.ok((await stat(`${target}.part`)).size > 0, "what was fetched is kept");
  });

  test("gives up a connection on which nothing comes", async () => {
    await using folder = await temporaryFolder();
    const target = join(folder.path, "model.gguf");
    await using web = await serve((request, response, count) => {
      if (count > 1) return sendFile(request, response, model);
      response.writeHead(200, { etag: '"one"', "content-length": model.length });
      response.write(model.subarray(0, 100_000));
    });
    const reasons: string[] = [];
    await download(web.url, target, { stallMs: 150, pauseMs: 1, onRetry: (reason) => reasons.push(reason) });
    assert.deepEqual(reasons, ["no byte came for 0.15 s"]);
    assert.ok((await readFile(target)).equals(model));
  });

  test("names a full disk, at once, and keeps what it has", async () => {
    await using folder = await temporaryFolder();
    await using web = await serve((request, response) => sendFile(request, response, model));
    await symlink("/dev/full", join(folder.path, "model.gguf.part"));
    await assert.rejects(download(web.url, join(folder.path, "model.gguf"), { pauseMs: 1 }), { code: "file-failed", message: /the disk is full\. Make room/ });
    assert.equal(web.log.length, 1);
    assert.ok((await readdir(folder.path)).includes("model.gguf.part"));
  });

  test("whose process is killed leaves no lock behind, and another process goes on with it", async () => {
    await using folder = await temporaryFolder();
    let half: () => void;
    const halfway = new Promise<void>((resolve) => (half = resolve));
    await using web = await serve((request, response, count) => {
      if (count > 1) return sendFile(request, response, model);
      response.writeHead(200, { etag: '"one"', "content-length": model.length });
      response.write(model.subarray(0, 600_000));
      half();
    });
    const target = join(folder.path, "model.gguf");
    const program = new URL("../../models/download.ts", import.meta.url).href;
    const script = `const { download } = await import(${JSON.stringify(program)});
      await download(new URL(${JSON.stringify(web.url.href)}), ${JSON.stringify(target)}, { onProgress: ({ value }) => value > 0 && process.send(value) });`;
    const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), "--input-type=module", "-e", script], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    await halfway;
    await once(child, "message");
    child.kill("SIGKILL");
    await once(child, "exit");
    await download(web.url, target);
    assert.ok((await readFile(target)).equals(model));
    assert.match(web.log[1]!, /bytes=\d+-$/);
  });

  test("is made once when two ask for it at the same time", async () => {
    await using folder = await temporaryFolder();
    await using web = await serve((request, response) => sendFile(request, response, model));
    const target = join(folder.path, "model.gguf");
    const stages = [new Set<string>(), new Set<string>()];
    await Promise.all(stages.map((seen) => download(web.url, target, { onProgress: ({ stage }) => seen.add(stage) })));
    assert.ok((await readFile(target)).equals(model));
    assert.equal(web.log.length, 1);
    assert.deepEqual(stages.map((seen) => [...seen].join()).sort(), ["downloading,verifying", "waiting"]);
  });
});
