import assert from "node:assert/strict";
import { test } from "node:test";
import { standingOf } from "../../cpipe/standing.ts";
import { styleFor } from "../../cpipe/style.ts";
import type { DeathRecord } from "../../pipes/protocol/registry.ts";
import { entryOf } from "./registry.ts";

const now = new Date(2026, 10, 21, 10, 42, 22);
const ago = (seconds: number): string => new Date(now.getTime() - seconds * 1000).toISOString();
const death = (other: Partial<DeathRecord>): DeathRecord => ({ at: ago(60), cause: "crash", code: 1, signal: null, what: "it exited with code 1: Error: boom", ran: 42, ...other });
const told = (other: Parameters<typeof entryOf>[2]): string => standingOf(entryOf("chat", "/p", { pid: 7, started: ago(3700), ...other }), styleFor(false), now.getTime());

test("a tool's status says how it stands, and nothing of what is not known", () => {
  assert.equal(
    told({ reason: "it answers on its pipe", model: "builtin" }),
    `chat  the tool chat
  state     ready (idle)
  why       it answers on its pipe
  pid       7
  since     2026-11-21 09:40:42, for 1h 1m
  restarts  0
  model     builtin
  keep      always
  pipe      /p/tool-chat
  log       /logs/chat.log
`,
  );
  const failed = told({ phase: "failed", state: null, pid: null, memory: 3 * 2 ** 20, reason: "no model\u001b[2J" });
  assert.doesNotMatch(failed, /since|pid/);
  assert.ok(!failed.includes("\u001b"));
  assert.match(failed, /state {5}failed\n {2}why {7}no model \[2J\n(.*\n)* {2}memory {4}3 MiB\n/);
  assert.match(told({ phase: "stopping", want: "down" }), /stopping \(idle\), wanted down\n/);
});

test("its deaths are a table, the latest first, with when, why, by what, after how long, and its last words", () => {
  const deaths = [
    death({ at: ago(7200), cause: "out-of-memory", code: null, signal: "SIGKILL", what: "it was ended by SIGKILL (the kernel …)", ran: 11_000_000 }),
    death({ at: ago(600), cause: "hang", code: null, what: "it has not answered for 20 s", ran: null }),
    death({}),
  ];
  const table = told({ deaths }).split("\n\n")[1];
  assert.equal(
    table,
    `Its last 3 deaths, the latest first:
WHEN                            CAUSE          BY       AFTER  WHAT
2026-11-21 10:41:22, 1m ago     crash          code 1    42ms  it exited with code 1: Error: boom
2026-11-21 10:32:22, 10m ago    hang                           it has not answered for 20 s
2026-11-21 08:42:22, 2h 0m ago  out-of-memory  SIGKILL  3h 3m  it was ended by SIGKILL (the kernel …)
`,
  );
  assert.match(told({ deaths: [death({})] }), /\n\nIts last death:\n/);
  assert.match(told({ deaths: [{ nonsense: 1 }, null, death({})] as never }), /Its last death:/);
});
