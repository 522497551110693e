import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { afterAdoption, type Facts, inheritance } from "../../../daemon/inheritance/adoption.ts";
import type { Registry, RegistryEntry } from "../../../pipes/protocol/registry.ts";

const facts: Facts = { bootId: "now", pipes: "/pipes", startTimeOf: (pid) => (pid < 100 ? `tick ${pid}` : null) };

describe("what a daemon inherits", () => {
  it("is a worker that is proven to be the one: same boot, same pid, same start time", () => {
    assert.deepEqual(named(registry(entry("lives", 7), entry("reused", 8, "tick 3"), entry("gone", 100))), { adopt: ["lives"], end: ["reused", "gone"], recall: ["reused died", "gone died"] });
    assert.deepEqual(named({ ...registry(entry("lives", 7)), daemon: { ...registry().daemon, bootId: "before" } }), { adopt: [], end: [], recall: [] });
    assert.deepEqual(named(null), { adopt: [], end: [], recall: [] });
  });

  it("is the history of a tool that had no process, without a death", () => {
    assert.deepEqual(named(registry({ ...entry("off", null), want: "down", phase: "down" }, { ...entry("leaving", 100), phase: "stopping" })), { adopt: [], end: ["leaving"], recall: ["off", "leaving"] });
  });

  it("is no worker on other pipes: that one is ended", () => {
    assert.deepEqual(named({ ...registry(entry("lives", 7)), pipes: "/elsewhere" }), { adopt: [], end: ["lives"], recall: ["lives"] });
  });

  it("is nothing that another version may have meant by an entry", () => {
    const strange = [{ ...entry("a", 7), pid: 1 }, { ...entry("b", 7), want: "maybe" }, { ...entry("c", 7), deaths: null }, null] as unknown as RegistryEntry[];
    const tools = Object.fromEntries(strange.map((one, at) => ["abcd"[at] ?? "", one]));
    assert.deepEqual(named({ ...registry(), tools: { ...tools, other: entry("lives", 7), "../x": entry("../x", 7) } }), { adopt: [], end: [], recall: [] });
  });

  it("is kept, restarted or stopped by what was wanted of it, and by whether its settings are the same", () => {
    const lives = entry("lives", 7);
    assert.deepEqual(
      [afterAdoption(lives, false), afterAdoption(lives, true), afterAdoption({ ...lives, phase: "stopping" }, false), afterAdoption({ ...lives, phase: "stopping", want: "down" }, true)],
      ["keep", "restart", "restart", "stop"],
    );
  });
});

function named(of: Registry | null): { adopt: string[]; end: string[]; recall: string[] } {
  const { adopt, end, recall } = inheritance(of, facts);
  return { adopt: adopt.map(({ name }) => name), end: end.map(({ name }) => name), recall: recall.map(({ entry: { name }, died }) => `${name}${died ? " died" : ""}`) };
}

function registry(...entries: RegistryEntry[]): Registry {
  const daemon = { pid: 1000, startTime: "tick 1000", bootId: "now", version: "1.0.0", started: "2026-01-01T00:00:00.000Z" };
  return { version: 1, daemon, pipes: "/pipes", config: { path: "/tools.yaml", problems: [] }, tools: Object.fromEntries(entries.map((one) => [one.name, one])) };
}

function entry(name: string, pid: number | null, startTime = `tick ${pid}`): RegistryEntry {
  const said = { path: `/pipes/tool-${name}`, description: "", kind: "echo", model: null, state: null, reason: null, progress: null, log: "", interfaces: [], keep: "always", memory: null };
  return { ...said, name, pid, startTime, started: null, run: null, phase: "ready", want: "up", specHash: "0", deaths: [], restarts: 0 };
}
