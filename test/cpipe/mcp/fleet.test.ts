import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { after, before, describe, test } from "node:test";
import { LiveFleet } from "../../../cpipe/mcp/fleet.ts";
import type { InterfaceShape } from "../../../pipes/protocol/interfaces/shape.ts";
import { places } from "../../../pipes/protocol/places.ts";
import type { RegistryEntry } from "../../../pipes/protocol/registry.ts";
import { Place } from "../program.ts";
import { entryOf } from "../registry.ts";

const shape = (...names: string[]): InterfaceShape => ({ name: "mine", description: "", commands: names.map((name) => ({ name, description: "", args: [] })), events: [] });
const entry = (name: string, more: Partial<RegistryEntry> = {}): RegistryEntry =>
  entryOf(name, "/nowhere", { description: "d", kind: "module", pid: 1, started: "2026-01-01T00:00:00Z", startTime: null, interfaces: [shape("go")], ...more });

describe("the tools that the bridge sees in the registry", () => {
  const place = new Place();
  const asked: string[] = [];
  let path: string;
  let fleet: LiveFleet;
  before(() => {
    for (const name of ["XDG_RUNTIME_DIR", "PIPE_TOOLS_PIPES"]) process.env[name] = place.env[name];
    path = places().registry;
    const ask = (tool: string): Promise<InterfaceShape[]> => (asked.push(tool), Promise.resolve([shape("go", "told")]));
    fleet = new LiveFleet({ ask, log: assert.fail, graceMs: 200 });
  });
  after(async () => {
    fleet.close();
    await place.close();
  });

  /** As the daemon does, which is this process. */
  function write(...tools: RegistryEntry[]): void {
    mkdirSync(dirname(path), { recursive: true });
    const daemon = { pid: process.pid, startTime: null, bootId: null, version: "0", started: "" };
    writeFileSync(`${path}.new`, JSON.stringify({ version: 1, daemon, pipes: place.pipes, config: { path: "", problems: [] }, tools: Object.fromEntries(tools.map((tool) => [tool.name, tool])) }));
    renameSync(`${path}.new`, path);
  }
  const commands = async (): Promise<Record<string, string[]>> =>
    Object.fromEntries((await fleet.tools()).map(({ name, interfaces }) => [name, interfaces.flatMap((known) => known.commands.map((command) => command.name))]));
  /** Keeps the process for the event: what the fleet waits by does not. */
  async function changed(): Promise<void> {
    const held = setInterval(() => undefined, 60_000);
    await once(fleet, "changed");
    clearInterval(held);
  }

  test("none, before a daemon has ever run; then those of the one that comes", async () => {
    assert.deepEqual(await commands(), {});
    const come = changed();
    write(entry("a"), entry("asleep", { phase: "resting", pid: null }), entry("new", { phase: "resting", pid: null, interfaces: [] }), entry("search", { kind: "vector", phase: "resting", pid: null, interfaces: [] }));
    await come;
    const { supervisor, search, ...others } = await commands();
    assert.deepEqual(others, { a: ["go", "told"], asleep: ["go"], new: [] });
    assert.ok(supervisor?.includes("list") && search?.includes("search"));
  });

  test("a tool is asked once for each run, and only while it runs", async () => {
    await commands();
    assert.deepEqual(asked, ["a"]);
    write(entry("a", { state: "inferring", memory: 5, restarts: 1 }));
    await commands();
    assert.deepEqual(asked, ["a"]);
    write(entry("a", { pid: 2 }));
    await commands();
    assert.deepEqual(asked, ["a", "a"]);
  });

  test("a state is no change, and what a tool told is not forgotten while it is started again", async () => {
    const before = await commands();
    let news = 0;
    fleet.on("changed", () => news++);
    write(entry("a", { pid: null, phase: "backoff", description: "", interfaces: [] }));
    assert.deepEqual(await commands(), before);
    write(entry("a", { pid: 2, phase: "starting", description: "", interfaces: [] }));
    assert.deepEqual(await commands(), before);
    assert.equal(news, 0);
    write(entry("a", { pid: null, phase: "failed", interfaces: [shape("other")] }));
    assert.deepEqual((await commands())["a"], ["other"], "unless it is known to be another");
    assert.equal(news, 1);
    fleet.removeAllListeners();
  });

  test("a daemon that goes is waited for, and its tools are gone when it does not come back", async () => {
    const before = await commands();
    rmSync(path);
    assert.deepEqual(await commands(), before);
    write(entry("a", { pid: null, phase: "failed", interfaces: [shape("other")] }));
    assert.deepEqual(await commands(), before);
    const gone = changed();
    rmSync(path);
    await gone;
    assert.deepEqual(await commands(), {});
  });
});
