import assert from "node:assert/strict";
import { statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { keepFresh } from "../../daemon/freshness.ts";
import { mkfifo } from "../../pipes/transport/libc.ts";
import { folder } from "./logs/folder.ts";

it("pipes and files that nobody has used for long are made to look used, and others are not", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const path = folder(t);
  const at = (name: string): string => join(path, name);
  mkfifo(at("tool-chat"), 0o600);
  for (const name of ["registry.json", "tool-file"]) writeFileSync(at(name), "");
  const long = new Date("2020-01-01T00:00:00Z");
  for (const name of ["tool-chat", "registry.json", "tool-file"]) utimesSync(at(name), long, long);
  const stop = keepFresh(path, [at("registry.json"), at("lock")], assert.fail);
  t.mock.timers.tick(24 * 3600 * 1000);
  const old = (name: string): boolean => statSync(at(name)).mtimeMs === long.getTime();
  assert.deepEqual(["tool-chat", "registry.json", "tool-file"].map(old), [false, false, true]);
  stop();
});

it("a folder of pipes that is gone is told, not thrown", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const errors: string[] = [];
  const stop = keepFresh(join(folder(t), "gone"), [], (error) => errors.push(error.code), 1000);
  t.mock.timers.tick(1000);
  assert.deepEqual(errors, ["file-failed"]);
  stop();
});
