import assert from "node:assert/strict";
import { test } from "node:test";
import { Reading } from "../../../servers/tts/reading.ts";

const open = (): { said: string[]; reading: Reading } => {
  const said: string[] = [];
  return { said, reading: new Reading(({ text, manner }) => said.push(manner.voice === undefined ? text : `${manner.voice}: ${text}`), { early: false }) };
};

test("Text in another manner is another text", () => {
  const { said, reading } = open();
  reading.push("One is not", {});
  reading.push(" at its end. ", {});
  reading.push("Two", { voice: "slt" });
  reading.push(" as well", { voice: "slt" });
  reading.flush({ goesOn: false });
  assert.deepEqual(said, ["One is not at its end.", "slt: Two as well"]);
});

test("A book is cut bit by bit, in order, and what is behind it waits", async () => {
  const { said, reading } = open();
  const book = "This is a sentence of a book. ".repeat(40_000);
  const begun = performance.now();
  reading.push(book, {});
  const blocked = performance.now() - begun;
  const done = new Promise<void>((resolve) => {
    reading.push("The end", {});
    reading.flush({ goesOn: false }, resolve);
  });
  assert.equal(reading.pending, true);
  let turns = 0;
  const turn = (): void => void (turns++, reading.pending && setImmediate(turn));
  setImmediate(turn);
  await done;
  assert.ok(turns > 10, `others had ${turns} turns`);
  assert.ok(blocked < 100, `it took ${blocked} ms at once`);
  assert.equal(said.length, 40_001);
  assert.equal(said.at(-1), "The end");
});

test("What is dropped is not handed out, nor what it began", () => {
  const { said, reading } = open();
  reading.push("This is not said", {});
  reading.drop();
  assert.equal(reading.pending, false);
  reading.push("This is.", {});
  reading.flush({ goesOn: false });
  assert.deepEqual(said, ["This is."]);
});
