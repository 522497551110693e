import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ToolError } from "../../../pipes/client.ts";
import type { KindName } from "../../../servers/stt/sherpa/kinds.ts";
import { models, writeModel } from "../../onnx/stt-models.ts";
import { silero } from "../../onnx/stt-silero.ts";
import { tones } from "../../onnx/stt-tones.ts";
import { temporaryFolder } from "../../temporary.ts";
import { eventsOf, serveStt, textOf } from "./served.ts";
import { joined, silence, wav } from "./speech.ts";

const SAID = ["hear the first one", "and now another"];
const recording = joined(silence(1), tones(SAID[0]!), silence(1), tones(SAID[1]!), silence(1));

describe("a server with a model for sherpa-onnx", () => {
  for (const [kind, streaming] of [["streaming-zipformer", true], ["parakeet", false]] as ReadonlyArray<[KindName, boolean]>) {
    test(`of the kind ${kind} hears each utterance${streaming ? ", and says meanwhile what is understood" : " as a whole"}`, async () => {
      await using folder = await temporaryFolder();
      const path = await folder.write("tones.wav", wav(recording));
      const model = await writeModel(join(folder.path, kind), models[kind]());
      await using served = await serveStt({ model, vad: "energy", threads: 1, preRoll: 0.1, silence: 0.4 });
      const events = await eventsOf(served.client.stream("transcribe", { path, partial: true, words: true }));
      assert.equal(textOf(events), SAID.map((text) => `${text}\n`).join(""));
      assert.equal(events.some(({ event }) => event === "partial"), streaming);
      const [first] = events.filter(({ event }) => event === "heard") as unknown as Array<{ start: number; words: Array<{ word: string; start: number }> }>;
      assert.ok(Math.abs(first!.start - 1) < 0.1, String(first!.start));
      assert.equal(first!.words.map(({ word }) => word).join(" "), SAID[0]);
      assert.ok(Math.abs(first!.words[1]!.start - 1.5) < 0.2, JSON.stringify(first!.words));
      const { model: facts } = (await served.client.call("get_model")) as unknown as { model: { engine: string; vad: string; partial: boolean } };
      assert.match(facts.engine, /^sherpa-onnx \(/);
      assert.deepEqual([facts.vad, facts.partial], ["energy", streaming]);
    });
  }

  test("takes Silero where its file lies beside the model, or where it is named", async () => {
    await using folder = await temporaryFolder();
    const model = await writeModel(join(folder.path, "parakeet"), models.parakeet());
    const path = join(folder.path, "silero_vad.onnx");
    await writeFile(path, silero());
    for (const vad of [path, "auto"]) {
      if (vad === "auto") await writeFile(join(model, "silero_vad.onnx"), silero());
      await using served = await serveStt({ model, vad, threads: 1 });
      const { model: facts } = (await served.client.call("get_model")) as unknown as { model: { vad: string } };
      assert.equal(facts.vad, "silero", vad);
    }
  });

  test("that is damaged says so, names the file, and stays", async () => {
    await using folder = await temporaryFolder();
    const model = await writeModel(join(folder.path, "parakeet"), models.parakeet());
    await writeFile(join(model, "tokens.txt"), "");
    await using served = await serveStt({ model, threads: 1 });
    await assert.rejects(served.client.call("get_model"), (error) => error instanceof ToolError && error.message.includes("tokens.txt"));
    assert.equal((await served.client.call("get_state"))["state"], "error");
  });

  for (const [settings, pattern] of [
    [{ engine: "sherpa-onnx" }, /comes without a model/],
    [{ engine: "pocketsphinx", model: "/some/where" }, /has its own model/],
  ] as const) {
    test(`that ${JSON.stringify(settings)} contradicts is said`, async () => {
      await using served = await serveStt(settings);
      await assert.rejects(served.client.call("get_model"), pattern);
    });
  }
});
