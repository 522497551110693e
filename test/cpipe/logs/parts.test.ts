import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { logLine } from "../../../cpipe/logs/line.ts";
import { parseSince } from "../../../cpipe/logs/since.ts";
import { styleFor } from "../../../cpipe/style.ts";
import { mergeByTime } from "../../../logs/merge.ts";

describe("--since", () => {
  const now = new Date(2026, 10, 29, 12, 0, 0).getTime();
  const at = (...parts: [number, number, number, number?, number?, number?]): number => new Date(parts[0], parts[1], parts[2], parts[3] ?? 0, parts[4] ?? 0, parts[5] ?? 0).getTime();

  it("takes how long ago, a time of day, a date, and both, by the clock of whoever asks", () => {
    const cases: ReadonlyArray<readonly [string, number | null]> = [
      ["10m", now - 600_000],
      ["1d2h", now - 26 * 3_600_000],
      ["90", now - 90_000],
      ["11:30", at(2026, 10, 29, 11, 30)],
      ["12:30:05", at(2026, 10, 28, 12, 30, 5)],
      ["2026-11-27", at(2026, 10, 27)],
      ["2026-11-27 08:15", at(2026, 10, 27, 8, 15)],
      ["2026-11-27T08:15:30", at(2026, 10, 27, 8, 15, 30)],
      ["2026-11-27T08:15:30.5Z", Date.UTC(2026, 10, 27, 8, 15, 30, 500)],
      ["2026-11-27T08:15:30+01:00", Date.UTC(2026, 10, 27, 7, 15, 30)],
      ["today", at(2026, 10, 29)],
      ["yesterday", at(2026, 10, 28)],
      ["25:00", null],
      ["2026-13-01", null],
      ["soon", null],
      ["", null],
    ];
    for (const [text, time] of cases) assert.equal(parseSince(text, now), time, text);
  });
});

describe("a line of a log", () => {
  const colours = styleFor(true, {});
  const none = styleFor(false, {});

  it("is the time of day, the level, the message and the facts, whether the level is a number or a word", () => {
    const clock = new Date(1000).toTimeString().slice(0, 8);
    assert.equal(logLine({ time: 1000, level: 40, msg: "slow", n: 1, pid: 5 }, none), `${clock} WARN  slow n=1`);
    assert.equal(logLine({ time: new Date(1000).toISOString(), level: "warn", msg: "slow", n: 1 }, none), `${clock} WARN  slow n=1`);
    assert.equal(logLine({ level: "error", msg: "broken" }, colours), "\u001b[31mERROR\u001b[0m broken");
    assert.equal(logLine({ level: "warn", msg: "slow" }, colours), "\u001b[33mWARN \u001b[0m slow");
  });

  it("that is no JSON stands alone, without what a terminal would obey", () => {
    assert.equal(logLine({ time: null, level: null, msg: "boom \u001b[2J" }, none), "boom  [2J");
  });
});

describe("several logs as one", () => {
  const entry = (msg: string, time: number | null) => ({ msg, level: null, time: time === null ? null : new Date(time).toISOString() });
  const merged = (...parts: Parameters<typeof mergeByTime>[0]): string => mergeByTime(parts).map(({ entry: { msg } }) => msg).join(" ");

  it("keep the order of each, whatever their clocks say", () => {
    assert.equal(merged({ log: "a", before: null, touched: 9, entries: [entry("a5", 5), entry("a3", 3), entry("a6", 6)] }, { log: "b", before: null, touched: 9, entries: [entry("b4", 4)] }), "b4 a5 a3 a6");
  });

  it("take a line without a time for as old as its neighbour, and a log without any for as old as its file", () => {
    const first = { log: "a", before: null, touched: 9, entries: [entry("a?", null), entry("a5", 5), entry("a!", null)] };
    assert.equal(merged(first, { log: "b", before: null, touched: 9, entries: [entry("b4", 4), entry("b6", 6)] }, { log: "c", before: null, touched: 7, entries: [entry("c?", null)] }), "b4 a? a5 a! b6 c?");
  });
});
