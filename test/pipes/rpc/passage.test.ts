import assert from "node:assert/strict";
import { closeSync, mkdtempSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openPassage } from "../../../pipes/rpc/passage.ts";
import { openPresentFifo, readWaiting } from "../../../pipes/transport/fifo.ts";
import { CAN_SPLICE, mkfifo } from "../../../pipes/transport/libc.ts";

const folder = mkdtempSync(join(tmpdir(), "pipe-tools-passage-"));
after(() => rmSync(folder, { recursive: true }));
const pipe = (name: string): number => (mkfifo(join(folder, name), 0o600), openPresentFifo(join(folder, name), "both"));

/** A request that notes what is said of it. */
function request(): { said: string[]; pass(): void; stay(): void; settle(): void } {
  const said: string[] = [];
  return { said, pass: () => said.push("pass"), stay: () => said.push("stay"), settle: () => said.push("settle") };
}

test("an answer passes, and where its client's pipe is full none of it is left behind and its request is not answered", () => {
  if (!CAN_SPLICE) return assert.equal(openPassage(join(folder, "none"), new Uint32Array(16)), null);
  const held = pipe("passage");
  const client = pipe("client");
  const words = new Uint32Array(16);
  const passage = openPassage(join(folder, "passage"), words) ?? assert.fail("it is there");
  const [one, two, large] = [request(), request(), request()];
  assert.equal(passage.deliver(7, client, Buffer.from("hello\n"), [one, two]), 6);
  assert.deepEqual([one.said, two.said, readWaiting(client).toString()], [["pass", "settle"], ["pass", "settle"], "hello\n"]);
  assert.equal(passage.deliver(7, client, Buffer.alloc(100_000, "x"), [large]), 65_536);
  assert.deepEqual(large.said, [], "it does not go through at once, so it does not pass");
  const full = request();
  assert.throws(() => passage.deliver(7, client, Buffer.from("more\n"), [full]), { code: "EAGAIN" });
  assert.deepEqual([full.said, readWaiting(held).length, words.every((word) => word === 0)], [["pass", "stay"], 0, true]);
  readWaiting(client);
  for (let count = 0; count < 15; count++) writeSync(client, Buffer.alloc(4096, "y"));
  const partly = request();
  assert.equal(passage.deliver(7, client, Buffer.alloc(3 * 4096, "z"), [partly]), 4096);
  assert.deepEqual([partly.said, readWaiting(held).length], [["pass", "stay"], 0]);
  closeSync(held);
  closeSync(client);
});
