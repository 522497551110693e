import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ByteQueue } from "../../../pipes/transport/queue.ts";

test("whatever the pieces, the bytes come out in order and are counted", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (messages, sizes) => {
      const queue = new ByteQueue();
      for (const message of messages) queue.push(Buffer.from(message));
      const all = Buffer.concat(messages);
      const out: Buffer[] = [];
      for (let turn = 0; queue.bytes > 0; turn++) {
        assert.equal(queue.bytes, all.length - Buffer.concat(out).length);
        const piece = Buffer.from(queue.peek(sizes[turn % sizes.length] as number));
        out.push(piece);
        queue.drop(piece.length);
      }
      assert.deepEqual(Buffer.concat(out), all);
    }),
  );
});

test("what is behind the first message does not shrink while that one is written", () => {
  const queue = new ByteQueue();
  assert.equal(queue.behind, 0);
  queue.push(Buffer.alloc(100));
  assert.equal(queue.behind, 0);
  queue.push(Buffer.alloc(7));
  queue.drop(60);
  assert.deepEqual([queue.bytes, queue.behind], [47, 7]);
  queue.drop(40);
  assert.deepEqual([queue.bytes, queue.behind], [7, 0]);
  queue.clear();
  assert.deepEqual([queue.bytes, queue.behind, queue.peek(9).length], [0, 0, 0]);
});
