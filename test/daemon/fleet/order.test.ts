import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { endInOrder } from "../../../daemon/fleet/ending.ts";
import { circleInWords, circles, longestStop, neededBy, needsOf, type Order, startOrder, waitersOf } from "../../../daemon/fleet/order.ts";

/** `{chat: "vector ~db"}`: chat needs vector and is started after db. */
function orderOf(tools: Record<string, string>): Order {
  return new Map(Object.entries(tools).map(([name, words]) => {
    const names = words.split(" ").filter(Boolean);
    return [name, { needs: names.filter((word) => !word.startsWith("~")), after: names.filter((word) => word.startsWith("~")).map((word) => word.slice(1)) }];
  }));
}

const shop = orderOf({ chat: "vector ~db", vector: "db", echo: "", db: "", bot: "chat" });

test("Tools are started after those that they wait for, and else in the order of the file", () => {
  assert.deepEqual(startOrder(shop), ["db", "vector", "chat", "echo", "bot"]);
});

test("What a tool needs is found through others, and so is who needs it; being after another is no need", () => {
  assert.deepEqual(needsOf("bot", shop), ["db", "vector", "chat"]);
  assert.deepEqual(neededBy("vector", shop), ["chat", "bot"]);
  assert.deepEqual(waitersOf("db", shop), ["chat", "vector"]);
  assert.deepEqual(needsOf("x", orderOf({ x: "~y", y: "" })), []);
});

test("A circle is told with its whole way round", () => {
  const words = (tools: Record<string, string>): string[] => circles(orderOf(tools)).map(circleInWords);
  assert.deepEqual(words({ chat: "vector", vector: "chat" }), ["chat needs vector, which needs chat"]);
  assert.deepEqual(words({ a: "a" }), ["a needs a"]);
  assert.deepEqual(words({ in: "a", a: "b", b: "~c", c: "a", free: "" }), ["a needs b, which is started after c, which needs a"]);
  assert.deepEqual(words({ a: "b c", b: "c", c: "" }), []);
});

test("Each is ended once those that wait for it have ended, and those that do not wait for each other at the same time", async () => {
  const done: string[] = [];
  const finish = new Map<string, () => void>();
  const all = endInOrder(shop, (name) => new Promise<void>((resolve) => finish.set(name, () => (done.push(name), resolve()))));
  const end = async (name: string): Promise<string[]> => {
    finish.get(name)?.();
    await new Promise((resolve) => setImmediate(resolve));
    return [...finish.keys()];
  };
  assert.deepEqual([...finish.keys()].sort(), ["bot", "echo"]);
  assert.deepEqual((await end("bot")).at(-1), "chat");
  assert.deepEqual((await end("chat")).at(-1), "vector");
  assert.deepEqual((await end("vector")).at(-1), "db");
  await end("db");
  await end("echo");
  await all;
  assert.deepEqual(done, ["bot", "chat", "vector", "db", "echo"]);
});

test("The time that stopping takes is that of the longest row of tools that wait for each other", () => {
  assert.equal(longestStop(shop, () => 10), 40);
  assert.equal(longestStop(shop, (name) => (name === "echo" ? 100 : 10)), 100);
  assert.equal(longestStop(new Map(), () => 10), 0);
});

test("Of any tools, either there is a circle or each comes after all that it waits for", () => {
  const names = ["a", "b", "c", "d", "e"];
  const some = fc.uniqueArray(fc.constantFrom(...names), { maxLength: 2 });
  fc.assert(
    fc.property(fc.tuple(...names.map(() => fc.record({ needs: some, after: some }))), (entries) => {
      const order: Order = new Map(entries.map((entry, index) => [names[index] as string, entry]));
      const sorted = startOrder(order);
      assert.deepEqual([...sorted].sort(), names);
      const inOrder = sorted.every((name) => [...(order.get(name)?.needs ?? []), ...(order.get(name)?.after ?? [])].every((other) => sorted.indexOf(other) < sorted.indexOf(name)));
      assert.equal(circles(order).length === 0, inOrder);
      for (const waits of circles(order)) {
        waits.forEach(({ from, to, by, index }, at) => {
          assert.equal(order.get(from)?.[by][index], to);
          assert.equal(to, waits[(at + 1) % waits.length]?.from);
        });
      }
    }),
  );
});
