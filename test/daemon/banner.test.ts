import assert from "node:assert/strict";
import { test } from "node:test";
import { Banner } from "../../daemon/banner.ts";
import type { RegistryEntry } from "../../pipes/protocol/registry.ts";

test("a model that is tried once more is not called ready meanwhile, and the same error is not told twice", () => {
  const told: string[] = [];
  const banner = new Banner({ version: "1", config: "c", origin: "user", logs: "l", cpipe: "cpipe" }, (text) => told.push(text));
  const error = entry({ state: "error", reason: "no such file" });
  for (const news of [error, entry({ state: "loading" }), error]) banner.changed(news);
  assert.deepEqual(told.slice(1), ["  chat          error     no such file\n"]);
});

test("a tool that is taken over says so, and who stops the daemon is not told how to begin", () => {
  const told: string[] = [];
  const banner = new Banner({ version: "1", config: "c", origin: "user", logs: "l", cpipe: "cpipe" }, (text) => told.push(text));
  banner.changed(entry({ phase: "starting", reason: "taken over from the daemon before (pid 5)" }));
  banner.changed(entry({ name: "slow", phase: "starting", pid: null, reason: "the daemon started" }));
  banner.changed(entry({}));
  banner.changed(entry({ name: "slow", phase: "stopping", reason: "SIGINT" }));
  assert.deepEqual(told.slice(1), [
    "  chat          starting  taken over from the daemon before (pid 5)\n",
    "  slow          starting\n",
    "  chat          ready     /tmp/tool-chat  pid 7\n",
    "  slow          stopping  SIGINT\n",
  ]);
});

function entry(changed: Partial<RegistryEntry>): RegistryEntry {
  const tool = { name: "chat", path: "/tmp/tool-chat", description: "", kind: "chat", model: null, log: "", interfaces: [], specHash: "", run: null, keep: "always", memory: null, deaths: [] };
  const process = { phase: "ready", want: "up", state: "idle", reason: "", progress: null, pid: 7, started: null, startTime: null, restarts: 0 } as const;
  return { ...tool, ...process, ...changed };
}
