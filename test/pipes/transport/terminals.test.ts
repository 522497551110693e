import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Place, program, root } from "../../cpipe/program.ts";
import { Terminal } from "../../terminal.ts";

/** A program on a terminal, in a place with one tool in its tools.yaml. */
function open(t: { after(fn: () => Promise<void>): void }, ...args: string[]): Terminal {
  const place = new Place();
  const folder = join(String(place.env["XDG_CONFIG_HOME"]), "pipe-tools");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, "tools.yaml"), "tools:\n  echo: {server: echo}\n");
  const terminal = new Terminal([process.execPath, ...args], { env: { ...place.env, TERM: "xterm" } });
  t.after(async () => {
    await terminal.close();
    await place.close();
  });
  return terminal;
}

test("what has a terminal of its own ends in order when that is closed", async (t) => {
  const terminal = open(t, program, "--top");
  await terminal.type("", /The daemon is not running/);
  assert.equal(await terminal.hangUp(), 129);
});

test("a daemon outlives the terminal that it was started in, and still ends in order", async (t) => {
  const terminal = open(t, join(root, "dist/daemon/main.js"));
  await terminal.type("", /echo +ready/);
  assert.equal(await terminal.hangUp("SIGTERM"), 0);
});
