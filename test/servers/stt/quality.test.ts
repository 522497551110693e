import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { eventsOf, serveStt } from "./served.ts";
import { joined, noise, say, wav } from "./speech.ts";

const SENTENCES = [
  "The weather is very nice today.",
  "I would like a cup of coffee, please.",
  "She went to the store to buy some bread.",
  "We are going to the beach tomorrow morning.",
  "My brother works in a large hospital.",
  "There are many people in the street.",
  "Please open the door for me.",
  "Can you tell me what time it is?",
  "The children are playing in the park.",
  "I have never been to that city before.",
  "The train will arrive at seven o'clock.",
  "It was a long day and I am very tired.",
  "What would you like to eat for dinner?",
  "The meeting will start in ten minutes.",
  "He told me a story about his family.",
  "You can find the book on the table.",
  "They have lived here for twenty years.",
  "The government has made a new law.",
  "I do not know the answer to that question.",
  "Thank you very much for your help.",
];
const wordsOf = (text: string): string[] => text.toLowerCase().replaceAll(/[^a-z' ]/g, "").split(" ").filter(Boolean);

/** Words that are to be put in, left out or replaced to make one of the other. */
function distance(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, word] of a.entries()) {
    const next = [i + 1];
    for (const [j, other] of b.entries()) next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (word === other ? 0 : 1)));
    row = next;
  }
  return row.at(-1)!;
}

test("of twenty everyday sentences in a quiet room at most one word in twenty is misunderstood, and each is found", async () => {
  await using served = await serveStt();
  const spoken = await say(...SENTENCES);
  const quiet = (seconds: number): Int16Array => noise(seconds, 10);
  const path = join(served.world.folder, "twenty.wav");
  await writeFile(path, wav(joined(quiet(0.5), ...spoken.flatMap((sentence) => [sentence, quiet(0.8)]))));
  const heard = (await eventsOf(served.client.stream("transcribe", { path }))).filter(({ done }) => done === false).map(({ text }) => String(text));
  assert.equal(heard.length, SENTENCES.length, heard.join(""));
  const expected = SENTENCES.map(wordsOf);
  const wrong = expected.map((words, index) => distance(words, wordsOf(heard[index]!.trim())));
  const rate = wrong.reduce((a, b) => a + b) / expected.flat().length;
  assert.ok(rate <= 0.05, `${(100 * rate).toFixed(1)} % of the words: ${heard.filter((_, index) => wrong[index]! > 0).join("")}`);
});
