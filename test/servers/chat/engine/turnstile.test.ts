import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { withResolvers } from "../../../../pipes/rpc/resolvers.ts";
import { Turnstile } from "../../../../servers/chat/engine/turnstile.ts";

describe("the turnstile before evaluations", () => {
  const passed = (turnstile: Turnstile, sequence: number, done: string[]): Promise<void> =>
    turnstile.pass(sequence, async () => {
      done.push(`evaluated ${sequence}`);
    });

  test("lets them pass at once while nothing changes", () => {
    const done: string[] = [];
    void passed(new Turnstile(), 1, done);
    assert.deepEqual(done, ["evaluated 1"]);
  });

  test("holds them back during a change, but for those of the same sequence, and lets them go after it, also when it failed", async () => {
    const turnstile = new Turnstile();
    const done: string[] = [];
    const [first, second] = [withResolvers<void>(), withResolvers<void>()];
    const changes = [turnstile.hold(1, () => first.promise), turnstile.hold(2, () => second.promise)];
    const failed = assert.rejects(changes[1]!, /no room/);
    const all = [1, 2, 3].map((sequence) => passed(turnstile, sequence, done));
    await turn();
    assert.deepEqual(done, ["evaluated 1", "evaluated 2"]);
    first.resolve();
    await changes[0];
    await turn();
    assert.equal(done.length, 2, "the other change is still under way");
    second.reject(new Error("no room"));
    await failed;
    await Promise.all(all);
    assert.deepEqual(done.at(-1), "evaluated 3");
  });
});
