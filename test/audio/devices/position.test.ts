import assert from "node:assert/strict";
import { test } from "node:test";
import { Position } from "../../../audio/devices/position.ts";

const near = (actual: number, expected: number): void => assert.ok(Math.abs(actual - expected) < 1e-9, `${actual}, not ${expected}`);

test("without a word from the program the clock tells: after the latency, as long as there is sound", () => {
  const position = new Position(0.05);
  position.restarted(false, 100);
  near(position.heard(103), 0); // nothing was written
  position.wrote(1, 103);
  near(position.heard(103.04), 0);
  near(position.heard(103.55), 0.5);
  position.wrote(1, 103.6); // while it plays: no gap
  near(position.heard(104.55), 1.5);
  near(position.heard(200), 2);
  position.wrote(1, 200); // after a silence
  near(position.heard(200.05), 2);
  near(position.heard(200.55), 2.5);
});

test("what the program tells counts, and the clock carries it on for a moment only", () => {
  const position = new Position(0.05);
  position.restarted(true, 0);
  position.wrote(2, 0);
  near(position.heard(1), 0); // it has told nothing yet
  position.told(0.3, 1);
  near(position.heard(1.05), 0.35);
  near(position.heard(9), 0.4); // it hangs
  position.told(5, 10);
  near(position.heard(10), 2); // never more than was written
});

test("another program goes on where the first was heard last", () => {
  const position = new Position(0.05);
  position.restarted(true, 0);
  position.wrote(2, 0);
  position.told(0.7, 1);
  near(position.restarted(true, 1), 0.7);
  near(position.heard(5), 0.7);
  position.told(0.2, 6);
  near(position.heard(6), 0.9);
});
