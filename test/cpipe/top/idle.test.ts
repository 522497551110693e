import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { test } from "node:test";
import { Terminal } from "../../terminal.ts";
import { program } from "../program.ts";
import { Home } from "./open.ts";

const FRAME = "\x1b[?2026h";
const IDLE_MS = 5000;

test("while nothing happens nothing is written but the clock, and where there is none nothing at all", async (t) => {
  const home = new Home("tools:\n  echo: {server: echo}\n  other: {server: echo}\n");
  t.after(() => home.close());
  await home.start();
  const terminal = new Terminal([process.execPath, program, "--top"], { env: { ...home.place.env, TERM: "xterm" } });
  await terminal.type("", /echo.*\d%.*other.*\d%/);
  const from = performance.now();
  await delay(IDLE_MS);
  const idle = await terminal.type("?", /leave here/);
  const seconds = (performance.now() - from) / 1000;
  const frames = idle.split(FRAME).slice(1, -1);
  // A clock that counts seconds for a minute, and what is used every two seconds.
  assert.ok(frames.length <= 2 + seconds * 1.5, `${frames.length} frames: ${idle}`);
  const rows = (frame: string): number => frame.split("\x1b[2K").length - 1;
  assert.ok(frames.every((frame) => rows(frame) <= 3), `only the header and the tools change: ${idle}`);
  await delay(IDLE_MS);
  const reading = await terminal.type("q", /NAME/);
  assert.equal(reading.split(FRAME).length - 1, 1, `no frame but the one of the key: ${reading}`);
  await terminal.type("q", /1049l/);
  assert.equal((await terminal.ended()).code, 0);
  await terminal.close();
});
