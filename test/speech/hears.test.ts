import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ToolClient } from "../../pipes/client.ts";
import { makeWorld, type Running } from "../harness.ts";
import { SENTENCES } from "./sentences.ts";
import { wordErrors, wordsOf } from "./wer.ts";

// What tts says with its default voice, stt understands with its default engine.
const world = makeWorld();
let servers: Running[];
let tts: ToolClient;
let stt: ToolClient;
before(async () => {
  servers = await Promise.all(["tts", "stt"].map((name) => world.serve(`servers/${name}/main.ts`, name)));
  [tts, stt] = await Promise.all(["tts", "stt"].map((name) => ToolClient.connect(name, { folder: world.pipes }))) as [ToolClient, ToolClient];
});
after(async () => {
  await Promise.all([tts.close(), stt.close()]);
  await Promise.all(servers.map((server) => server.kill()));
  await world.close();
});

async function heardIn(path: string): Promise<string> {
  let text = "";
  for await (const event of stt.stream("transcribe", { path })) if (typeof event["text"] === "string") text += event["text"];
  return text;
}

test("of twenty sentences in files at most 5 % of the words are heard wrong", async (t) => {
  let errors = 0;
  let words = 0;
  for (const [index, text] of SENTENCES.entries()) {
    const path = join(world.folder, `${index}.wav`);
    await tts.call("say", { text, path });
    const [said, heard] = [wordsOf(text), wordsOf(await heardIn(path))];
    const wrong = wordErrors(said, heard);
    if (wrong > 0) t.diagnostic(`${text} → ${heard.join(" ")}`);
    errors += wrong;
    words += said.length;
  }
  t.diagnostic(`${errors} of ${words} words, ${((100 * errors) / words).toFixed(1)} %`);
  assert.ok(errors / words <= 0.05, `${errors} of ${words} words were heard wrong`);
});

test("sound goes from one tool to the other without a file, and two clients hear what is theirs alone", async () => {
  const texts = ["Turn off the lights in the kitchen.", "It was one of the best days of my life.", "My brother lives in a small house near the river."];
  const heard = await Promise.all(
    texts.map(async (text) => {
      const said = tts.receiveAudio("say", { text, play: false });
      const request = stt.sendAudio("transcribe", { audio: await said.format });
      void (async () => {
        for await (const pcm of said) request.input.write(pcm);
        request.input.end();
      })();
      let result = "";
      for await (const event of request) if (typeof event["text"] === "string") result += event["text"];
      return result;
    }),
  );
  for (const [index, text] of texts.entries()) assert.ok(wordErrors(wordsOf(text), wordsOf(heard[index] ?? "")) <= 1, `${text} → ${heard[index]}`);
});
