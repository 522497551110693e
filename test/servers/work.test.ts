import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { ToolClient } from "../../pipes/client.ts";
import type { Work } from "../../pipes/protocol/metrics.ts";
import { withResolvers } from "../../pipes/rpc/resolvers.ts";
import { makeWorld } from "../harness.ts";
import { say, wav } from "./stt/speech.ts";
import { tinyModel } from "./vector/embedders/llama/tiny.ts";

// What each server tells the supervisor of its work.
const world = makeWorld();
after(() => world.close());

async function serve(t: TestContext, name: string, settings: object = {}): Promise<{ client: ToolClient; work: () => Promise<Work> }> {
  const server = await world.serve(`servers/${name}/main.ts`, name, { PIPE_TOOLS_SETTINGS: JSON.stringify(settings) });
  const client = await ToolClient.connect(name, { folder: world.pipes });
  t.after(async () => {
    await client.close();
    await server.kill();
  });
  return { client, work: async () => (await client.call("health"))["work"] as Work };
}

function goesAt(work: Work, unit: string): void {
  assert.equal(work.rate?.unit, unit, JSON.stringify(work));
  assert.ok(work.rate.value > 0, JSON.stringify(work));
}

test("chat tells how many tokens it writes in a second, and who waits for the model", async (t) => {
  const { client, work } = await serve(t, "chat", { parallel: 1 });
  assert.equal((await work()).rate, null);
  await client.call("chat_blocking", { messages: [{ role: "user", content: "hello" }] });
  const { rate: _, ...counts } = await work();
  assert.deepEqual(counts, { active: 0, waiting: 0, served: 1, failed: 0 });
  goesAt(await work(), "tokens/s");
  const abort = new AbortController();
  const endless = client.stream("ask", { data: "forever" }, { signal: abort.signal });
  await endless.next();
  const queued = withResolvers<void>();
  const other = client.call("chat_blocking", { messages: [{ role: "user", content: "hello" }] }, { onInterim: ({ event }) => event === "queued" && queued.resolve() });
  await queued.promise;
  const { active, waiting } = await work();
  assert.deepEqual({ active, waiting }, { active: 2, waiting: 1 });
  abort.abort();
  await assert.rejects(async () => {
    for await (const _ of endless); // what had come already, and then the end
  }, { code: "cancelled" });
  await other;
  const end = await work();
  assert.deepEqual([end.active, end.waiting, end.served, end.failed], [0, 0, 2, 0]);
});

test("vector tells how many texts a model makes vectors of in a second", async (t) => {
  const model = join(world.folder, "tiny.gguf");
  writeFileSync(model, tinyModel());
  const { client, work } = await serve(t, "vector", { model, folder: join(world.folder, "vector") });
  await client.call("embed", { texts: ["red house", "blue river"] });
  goesAt(await work(), "texts/s");
  await client.call("add", { text: "green tree" });
  const { active, waiting, served, failed } = await work();
  assert.deepEqual({ active, waiting, served, failed }, { active: 0, waiting: 0, served: 2, failed: 0 });
});

test("tts and stt tell how much faster they are than speech itself", async (t) => {
  const speaks = await serve(t, "tts");
  await speaks.client.call("say", { text: "The weather is very nice today.", path: join(world.folder, "said.wav") });
  goesAt(await speaks.work(), "x real time");
  const hears = await serve(t, "stt");
  const path = join(world.folder, "heard.wav");
  const [sound] = await say("The weather is very nice today.");
  writeFileSync(path, wav(sound ?? assert.fail("nothing was said")));
  for await (const _ of hears.client.stream("transcribe", { path }));
  goesAt(await hears.work(), "x real time");
  assert.equal((await hears.work()).waiting, 0);
});
