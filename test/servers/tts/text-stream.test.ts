import assert from "node:assert/strict";
import { test } from "node:test";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { TextStream } from "../../../servers/tts/text-stream.ts";
import type { Turn } from "../../../servers/tts/turn.ts";

const open = (idleFlush = 0): { stream: TextStream; turns: Turn[] } => {
  const turns: Turn[] = [];
  const stream = new TextStream("tts", { wants: (turn) => turns.push(turn), spoken: () => undefined, failed: () => undefined, idleFlush: () => idleFlush });
  return { stream, turns };
};

test("Sentences go to the same turn as long as that takes them, and to another one after that", async () => {
  const { stream, turns } = open();
  stream.push("One. Two. Thr", {});
  assert.deepEqual(turns.map((turn) => turn.sentences.length), [2]);
  stream.close();
  assert.deepEqual(turns.map((turn) => [turn.sentences.length, turn.sentences.closed]), [[3, true]]);
  stream.push("Four. Five", {});
  assert.deepEqual(turns.map((turn) => turn.sentences.length), [3, 1]);
  assert.equal(stream.drop(), true, "there was a rest");
});

test("More than a million characters that nobody has heard are refused, until there is room", async () => {
  const { stream, turns } = open();
  const page = "This is a sentence of a page. ".repeat(100);
  assert.throws(
    () => {
      for (let count = 0; count < 400; count++) stream.push(page, {});
    },
    (error) => error instanceof ToolError && error.code === "busy",
  );
  assert.ok(turns[0]!.unspoken > 30_000);
  turns[0]!.stop(new ToolError("cancelled"));
  turns[0]!.fail(new ToolError("cancelled"));
  await assert.rejects(turns[0]!.ended);
  stream.push(page, {});
  assert.equal(turns.length, 2);
});

test("The floor is held for a sentence that has begun only where it will be flushed by itself, and is given back when nothing comes of it", () => {
  const never = open(0);
  never.stream.push("One. Two is not", {});
  assert.equal(never.turns[0]?.hooks.holds?.(), false);
  const later = open(5);
  later.stream.push("One. Two is not", {});
  assert.equal(later.turns[0]?.hooks.holds?.(), true);
  later.stream.flush();
  assert.equal(later.turns[0]?.hooks.holds?.(), false);
  later.stream.push("```\ncode", {});
  later.stream.flush();
});
