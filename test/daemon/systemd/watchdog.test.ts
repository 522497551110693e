import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mock, test } from "node:test";
import type { Notice } from "../../../daemon/systemd/notify.ts";
import { startWatchdog, watchdogInterval } from "../../../daemon/systemd/watchdog.ts";

test("the interval is half of what systemd allows, in ms", () => {
  assert.equal(watchdogInterval({ WATCHDOG_USEC: "30000000" }, 7), 15_000);
  assert.equal(watchdogInterval({ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "7" }, 7), 15_000);
  assert.equal(watchdogInterval({ WATCHDOG_USEC: "1" }, 7), 1);
  assert.equal(watchdogInterval({ WATCHDOG_USEC: "9000000000000000" }, 7), 2 ** 31 - 1);
});

test("there is none when systemd does not ask, asks another process, or says nonsense", () => {
  assert.equal(watchdogInterval({}, 7), null);
  assert.equal(watchdogInterval({ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "8" }, 7), null);
  for (const odd of ["", "0", "-5", "1e9", "infinity"]) assert.equal(watchdogInterval({ WATCHDOG_USEC: odd }, 7), null, odd);
});

test("it speaks at once, then at each interval, until stopped", () => {
  mock.timers.enable({ apis: ["setInterval"] });
  const said: Notice[] = [];
  const stop = startWatchdog({ active: true, notify: (notice) => said.push(notice) }, 1000);
  assert.deepEqual(said, [{ watchdog: true }]);
  mock.timers.tick(2500);
  assert.equal(said.length, 3);
  stop();
  mock.timers.tick(5000);
  assert.equal(said.length, 3);
  startWatchdog({ active: true, notify: (notice) => said.push(notice) }, null)();
  assert.equal(said.length, 3);
  mock.timers.reset();
});

test("its timer keeps no process alive", () => {
  const file = new URL("../../../daemon/systemd/watchdog.ts", import.meta.url).href;
  const script = `(await import(process.argv[1])).startWatchdog({ active: true, notify() {} }, 3600000); console.log("last line");`;
  const done = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script, file], { encoding: "utf8", timeout: 20_000 });
  assert.deepEqual([done.status, done.stdout], [0, "last line\n"]);
});
