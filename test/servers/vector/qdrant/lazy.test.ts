import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../../../harness.ts";

test("Qdrant's client is loaded by nobody who does not ask a Qdrant server", () => {
  const files = ["pipes", "servers", "daemon", "cpipe"].flatMap((room) => readdirSync(join(root, room), { recursive: true, encoding: "utf8" }).map((file) => join(room, file)));
  const naming = files.filter((file) => file.endsWith(".ts")).flatMap((file) => readFileSync(join(root, file), "utf8").split("\n").filter((line) => line.includes('"@qdrant/')));
  assert.ok(naming.some((line) => /await import\("@qdrant\//.test(line)));
  assert.deepEqual(naming.filter((line) => !/^import type |await import\(/.test(line)), []);
});
