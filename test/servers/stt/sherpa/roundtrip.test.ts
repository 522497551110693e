import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { KindName } from "../../../../servers/stt/sherpa/kinds.ts";
import { models, writeModel } from "../../../onnx/stt-models.ts";
import { type Random, seeded } from "../../../storm/random.ts";
import { temporaryFolder } from "../../../temporary.ts";
import { Ear } from "./engine.ts";
import { type Mouth, mouths, openMouth, spelled, symbolsOf } from "./mouths.ts";
import { resolved } from "./opening.ts";

const kindNames = Object.keys(models) as KindName[];
/** Its frames are too long for the same letter twice. */
const coarse = (kind: KindName, text: string): string => (kind === "sense-voice" ? text.replaceAll(/(.)\1+/g, "$1") : text);

function sentence(random: Random): string {
  const letters = Array.from("abcdefghijklmnopqrstuvwxyz");
  const word = (): string => Array.from({ length: random.between(1, 8) }, () => random.pick(letters)).join("");
  return Array.from({ length: random.between(2, 6) }, word).join(" ");
}

async function openEar(parent: string, kind: KindName): Promise<Ear> {
  return new Ear(await resolved(await writeModel(join(parent, kind), models[kind]())), { parallel: 2 });
}

test("200 random sentences, spoken by a VITS and heard by a Parakeet, come back exactly", async () => {
  await using folder = await temporaryFolder();
  await using mouth = await openMouth(folder.path, mouths["a VITS that spells"]);
  await using ear = await openEar(folder.path, "parakeet");
  const random = seeded(20);
  const sentences = Array.from({ length: 200 }, () => sentence(random));
  const heard = await Promise.all(sentences.map(async (text) => (await ear.hear(await mouth.say(text))).text));
  assert.deepEqual(heard, sentences);
});

const PHRASES = ["Hello world.", "He sat in a deep boat.", "Bring me a map."];

/** Once for all kinds: sound, and what is in it. */
const spoken = (async () => {
  await using folder = await temporaryFolder();
  const random = seeded(30);
  const all: { readonly by: string; readonly samples: Int16Array; readonly said: string }[] = [];
  for (const [by, mouth] of Object.entries<Mouth>(mouths)) {
    await using open = await openMouth(join(folder.path, by), mouth);
    for (const text of mouth.espeak ? PHRASES : Array.from({ length: 5 }, () => sentence(random))) {
      const samples = await open.say(text);
      const said = mouth.espeak ? symbolsOf(samples, mouth) : text;
      if (text === PHRASES[0]) assert.equal(said, spelled("həlˈoʊ wˈɜːld"), by);
      all.push({ by, samples, said });
    }
  }
  return all;
})();

for (const kind of kindNames) {
  test(`what a VITS spells, and what phonemes Piper, Kokoro and Matcha speak, a model of the kind ${kind} hears exactly`, async () => {
    await using folder = await temporaryFolder();
    await using ear = await openEar(folder.path, kind);
    for (const { by, samples, said } of await spoken) {
      const { text } = await ear.hear(samples);
      assert.equal(coarse(kind, text), coarse(kind, said), by);
    }
  });
}
