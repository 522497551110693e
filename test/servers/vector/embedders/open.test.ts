import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Waiter } from "../../../../engines/residence.ts";
import type { EmbeddingSettings } from "../../../../pipes/protocol/settings/vector.ts";
import { openEmbedder } from "../../../../servers/vector/embedders/open.ts";
import { sendFile, serve } from "../../../models/web.ts";
import { temporaryFolder } from "../../../temporary.ts";
import { send, sendVectors, serveEndpoint } from "./endpoint.ts";
import { tinyModel } from "./llama/tiny.ts";

/** What the server above would hear, and be asked. */
function opened(settings: EmbeddingSettings, room: () => Promise<void> = () => Promise.resolve()) {
  const told: string[] = [];
  const residence = openEmbedder({ tool: "vector", maxQueue: () => 2 }, settings, {
    room,
    loading: () => told.push("loading"),
    progress: (stage) => told.at(-1) !== stage && told.push(stage),
    retrying: () => told.push("retrying"),
    ready: ({ id }) => told.push(`ready ${id}`),
    failed: ({ code }) => told.push(`failed ${code}`),
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  return Object.assign(residence, { told, [Symbol.asyncDispose]: () => residence.close() });
}

function waiter(): Waiter & { readonly queuedFor: string[]; readonly stages: Set<string>; cancel(): void } {
  const abort = new AbortController();
  const queuedFor: string[] = [];
  const stages = new Set<string>();
  return { signal: abort.signal, queuedFor, stages, cancel: () => abort.abort(), queued: (_, reason) => queuedFor.push(reason ?? ""), progress: (stage) => stages.add(stage) };
}

describe("the embedder that the settings name", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const home = process.env["XDG_CACHE_HOME"];
  before(async () => {
    folder = await temporaryFolder();
    process.env["XDG_CACHE_HOME"] = join(folder.path, "cache");
  });
  after(async () => {
    if (home === undefined) delete process.env["XDG_CACHE_HOME"];
    else process.env["XDG_CACHE_HOME"] = home;
    await folder[Symbol.asyncDispose]();
  });

  test("is the built-in one where they say nothing", async () => {
    await using residence = opened({});
    const embedder = await residence.wait(waiter());
    assert.equal((await embedder.embed(["a pipe"], "query"))[0]!.length, 512);
    assert.deepEqual(residence.told, ["loading", "ready hash-512-v1"]);
    assert.equal(residence.ready, true);
  });

  test("is a file, loaded once for all who wait, let go of, and brought back by the next request", async () => {
    const model = await folder.write("tiny.gguf", tinyModel());
    let rooms = 0;
    await using residence = opened({ model, threads: 1, gpu: false }, async () => void rooms++);
    residence.prepare();
    const waiters = [waiter(), waiter()];
    const embedders = await Promise.all(waiters.map((one) => residence.wait(one)));
    assert.equal(embedders[0], embedders[1]);
    assert.deepEqual(waiters.map(({ queuedFor }) => queuedFor), [["the model is loading"], ["the model is loading"]]);
    assert.ok(waiters[1]!.stages.has("loading"));
    const { id } = embedders[0]!;
    assert.equal(residence.told.at(-1), `ready ${id}`);

    await residence.release();
    assert.equal(residence.ready, false);
    const next = waiter();
    const embedder = await residence.wait(next);
    assert.deepEqual(next.queuedFor, ["the model was released from memory and is loaded again"]);
    assert.equal((await embedder.embed(["red"], "passage")).length, 1);
    assert.deepEqual([embedder.id, rooms], [id, 1]);
  });

  test("is fetched first, which a request is told, may give up, and is not waited for by too many", async () => {
    let let_go!: () => void;
    const held = new Promise<void>((resolve) => (let_go = resolve));
    await using web = await serve((request, response) => void held.then(() => sendFile(request, response, tinyModel())));
    await using residence = opened({ model: web.url.href, threads: 1, gpu: false });
    const [patient, hasty] = [waiter(), waiter()];
    const waiting = residence.wait(patient);
    const leaving = residence.wait(hasty);
    await assert.rejects(residence.wait(waiter()), { code: "busy" });
    hasty.cancel();
    await assert.rejects(leaving, { name: "AbortError" });
    let_go();
    assert.match((await waiting).id, /^gguf:tiny:/);
    assert.ok(patient.stages.has("downloading") && patient.stages.has("loading"), [...patient.stages].join());
  });

  test("is an endpoint, whose failure is told, and which is asked again for a later request", async () => {
    await using server = await serveEndpoint((response, asked, count) => (count === 1 ? send(response, 401, "no") : sendVectors(response, asked)));
    await using residence = opened({ backend: "openai", url: server.url, model: "small" });
    await assert.rejects(residence.wait(waiter()), { code: "endpoint-failed" });
    await assert.rejects(residence.wait(waiter()), { code: "endpoint-failed" });
    assert.equal(server.asked.length, 1, "not at once");
    assert.deepEqual(residence.told, ["loading", "failed endpoint-failed"]);
    await residence.release();
    assert.equal((await residence.wait(waiter())).dimensions, 3);
    assert.deepEqual(residence.told.slice(2), ["loading", "ready openai:small"]);
  });

  test("is refused where an endpoint lacks its address or its model", async () => {
    for (const [settings, missing] of [[{ backend: "openai", model: "small" }, /needs `url:`/], [{ backend: "openai", url: "http://localhost/v1" }, /needs `model:`/]] as const) {
      await using residence = opened(settings);
      await assert.rejects(residence.wait(waiter()), { code: "usage", message: missing });
    }
  });

  test("says of a file that is not there that it is missing", async () => {
    await using residence = opened({ model: join(folder.path, "none.gguf") });
    await assert.rejects(residence.wait(waiter()), { code: "model-missing" });
    assert.deepEqual(residence.told, ["loading", "failed model-missing"]);
  });
});
