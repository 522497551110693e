import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { test } from "node:test";
import { Frames } from "../../../cpipe/terminal/frames.ts";

/** Frames on a terminal that is slow while `busy`: `waited` resolves when they wait for it, `next` with their number when there is another. */
function shown() {
  let count = 0;
  let ready: () => void = () => undefined;
  let told: (count: number) => void = () => undefined;
  let waits: () => void = () => undefined;
  const waited = new Promise<void>((resolve) => (waits = resolve));
  const terminal = { busy: false, drained: () => (waits(), new Promise<void>((resolve) => (ready = resolve))) };
  const frames = new Frames(terminal, () => told(++count));
  return { frames, terminal, waited, ready: () => ready(), count: () => count, next: () => new Promise<number>((resolve) => (told = resolve)) };
}

test("whatever changes before a frame is in it", async () => {
  const { frames, next, count } = shown();
  for (let at = 0; at < 100; at++) frames.change();
  assert.equal(await next(), 1);
  frames.change();
  frames.change();
  assert.equal(count(), 1, "the next one has its own moment");
  assert.equal(await next(), 2);
});

test("a slow terminal gets one frame when it is ready, however much has changed", async () => {
  const { frames, terminal, waited, ready, next, count } = shown();
  terminal.busy = true;
  frames.change();
  await waited;
  for (let at = 0; at < 100; at++) frames.change();
  assert.equal(count(), 0);
  terminal.busy = false;
  const first = next();
  ready();
  assert.equal(await first, 1);
});

test("none comes after the end, neither in its moment nor when the terminal is ready; another change begins anew", async () => {
  const { frames, terminal, waited, ready, next, count } = shown();
  const later = shown();
  frames.change();
  frames.stop();
  later.frames.change();
  await later.next();
  assert.equal(count(), 0);
  terminal.busy = true;
  frames.change();
  await waited;
  frames.stop();
  terminal.busy = false;
  ready();
  await turn();
  assert.equal(count(), 0);
  frames.change();
  assert.equal(await next(), 1);
});
