import assert from "node:assert/strict";
import { test } from "node:test";
import { Backlog } from "../../../audio/devices/backlog.ts";
import { Backoff } from "../../../audio/devices/retry.ts";
import { Unheard } from "../../../audio/devices/unheard.ts";

test("a reader that is in time gets all, and one that is late the newest, and is told what it lost", async () => {
  const lost: number[] = [];
  const backlog = new Backlog(10, (bytes) => lost.push(bytes));
  const waiting = backlog.next();
  backlog.push(Buffer.from("abcd"));
  assert.equal(String(await waiting), "abcd");
  for (const text of ["efgh", "ijkl", "mnop", "qrst"]) backlog.push(Buffer.from(text));
  assert.equal(String(await backlog.next()), "mnop");
  assert.deepEqual(lost, [8]);
  for (let n = 0; n < 5; n++) backlog.push(Buffer.from("01234567")); // nobody reads: it is told none the less
  assert.deepEqual(lost, [8, 12, 16]);
  backlog.end(true);
  assert.equal(String(await backlog.next()), "01234567");
  assert.equal(await backlog.next(), null);
});

test("what was not heard is kept from the middle of a piece on, and what was heard is forgotten", () => {
  const unheard = new Unheard();
  for (const text of ["abcd", "efgh", "ij"]) unheard.push(Buffer.from(text));
  assert.equal(Buffer.concat(unheard.since(2)).toString(), "cdefghij");
  unheard.heard(5);
  assert.equal(Buffer.concat(unheard.since(5)).toString(), "fghij");
  unheard.push(Buffer.from("kl"));
  assert.equal(Buffer.concat(unheard.since(9)).toString(), "jkl");
  assert.deepEqual(unheard.since(12), []);
});

test("tries come after 250 ms, then twice as long each time, at most 5 s, and soon again after it has worked", () => {
  const backoff = new Backoff();
  assert.deepEqual(Array.from({ length: 7 }, () => backoff.next()), [250, 500, 1000, 2000, 4000, 5000, 5000]);
  backoff.reset();
  assert.equal(backoff.next(), 250);
});
