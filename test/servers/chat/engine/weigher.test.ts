import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Weigher } from "../../../../servers/chat/engine/weigher.ts";

describe("what weighs texts", () => {
  const weigher = () => {
    const counted: number[] = [];
    return { counted, by: new Weigher((text) => (counted.push(text.length), text.length / 2)) };
  };
  const { signal } = new AbortController();

  test("counts a text once, however often it comes", async () => {
    const { by, counted } = weigher();
    assert.deepEqual([await by.weigh("four", signal), await by.weigh("four", signal), await by.weigh("", signal)], [2, 2, 0]);
    assert.deepEqual(counted, [4]);
  });

  test("cuts a long one into pieces between which others have their turn", async () => {
    const { by, counted } = weigher();
    let others = 0;
    let done = false;
    const other = (): void => void (others++, done || setImmediate(other));
    other();
    assert.equal(await by.weigh("x".repeat(100_000), signal), 50_000);
    done = true;
    assert.ok(others >= counted.length && counted.length > 5, `${others} turns of others, ${counted.length} pieces`);
  });

  test("stops where nobody waits any more, and counts anew then", async () => {
    const { by, counted } = weigher();
    const stop = new AbortController();
    const weighed = by.weigh("x".repeat(100_000), stop.signal);
    stop.abort(new Error("enough"));
    await assert.rejects(weighed, /enough/);
    assert.equal(counted.length, 1);
    assert.equal(await by.weigh("x".repeat(100_000), signal), 50_000);
  });
});
