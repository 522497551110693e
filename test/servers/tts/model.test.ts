import assert from "node:assert/strict";
import { test } from "node:test";
import { ToolClient } from "../../../pipes/client.ts";
import { samplesOf } from "../../../audio/pcm.ts";
import { makeWorld } from "../../harness.ts";
import { FRAME, tokensOf } from "../../onnx/tones.ts";
import { models, putModel } from "./sherpa/fixtures.ts";

/** What a server of these settings answers. */
async function withModel(settings: (folder: string) => object, use: (client: ToolClient) => Promise<void>): Promise<void> {
  const world = makeWorld();
  const model = await putModel(world.folder, models["a VITS that spells"]!);
  const server = await world.serve("servers/tts/main.ts", "tts", { PIPE_TOOLS_SETTINGS: JSON.stringify(settings(model)) });
  const client = await ToolClient.connect("tts", { folder: world.pipes });
  try {
    await use(client);
  } finally {
    await client.close();
    await server.kill();
    await world.close();
  }
}
async function sent(client: ToolClient, args: object): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of client.receiveAudio("say", { play: false, ...args })) parts.push(part);
  return Buffer.concat(parts);
}

test("A model in a folder speaks instead of the built-in one, sentence by sentence, and espeak-ng what it has no voice for", async () => {
  await withModel(
    (model) => ({ model }),
    async (client) => {
      assert.match(((await client.call("get_model"))["model"] as { engine: string }).engine, /^sherpa-onnx/);
      const { alphabet, hello } = models["a VITS that spells"]!;
      assert.equal(alphabet.read(tokensOf(samplesOf(await sent(client, { text: "Hello world." })), { frame: FRAME })), hello);
      const voices = (await client.call("voices"))["voices"] as Array<{ engine: string }>;
      assert.ok(voices.some(({ engine }) => engine.startsWith("sherpa-onnx")) && voices.some(({ engine }) => engine === "espeak-ng"));
    },
  );
});

test("espeak-ng can be the main engine, and then there is no other", async () => {
  await withModel(
    () => ({ engine: "espeak-ng", language: "de" }),
    async (client) => {
      assert.equal(((await client.call("get_model"))["model"] as { engine: string }).engine, "espeak-ng");
      assert.ok((await sent(client, { text: "Guten Tag." })).length > 20_000);
      await assert.rejects(sent(client, { text: "x", voice: "rms" }), { code: "invalid-request" });
    },
  );
});

for (const [title, settings, code] of [
  ["no model for sherpa-onnx", { engine: "sherpa-onnx" }, "invalid-request"],
  ["a model for flite", { engine: "flite", model: "/some/model" }, "invalid-request"],
  ["a model that is not there", { model: "/no/such/folder" }, "model-missing"],
] as const) {
  test(`A server with ${title} stays up, and says what is wrong in its state and to whoever asks`, async () => {
    await withModel(
      () => settings,
      async (client) => {
        await assert.rejects(sent(client, { text: "x" }), { code });
        const state = await client.call("get_state");
        assert.equal(state["state"], "error");
        assert.ok(String(state["reason"]).length > 20);
      },
    );
  });
}
