import assert from "node:assert/strict";
import { renameSync, writeFileSync } from "node:fs";
import { it } from "node:test";
import { signalGroup } from "../../daemon/worker/group.ts";
import { variableOf } from "../../daemon/worker/tree.ts";
import { makeWorld, type World } from "../harness.ts";
import { configOf, configure, pidsOf, QUICK, startDaemon, workersOf } from "./daemon.ts";

it("a storm of saved files, kills and requests ends in what the last file says, each tool once", async () => {
  const world = makeWorld();
  const names = ["a", "b", "c", "d"];
  const random = mulberry(7);
  const yaml = (chosen: readonly string[], round: number): string => `${QUICK}tools:\n  keep: {server: echo}\n${chosen.map((name) => `  ${name}: {server: echo, env: {ROUND: ${round % 2}}}\n`).join("")}`;
  const daemon = await startDaemon(world, yaml(names, 0));
  const { pid: kept } = await daemon.ready("keep");
  for (let round = 0; round < 40; round++) {
    const text = random() < 0.1 ? "tools: [" : yaml(names.filter(() => random() < 0.6), round);
    if (random() < 0.5) configure(world, text);
    else {
      writeFileSync(`${configOf(world)}.new`, text);
      renameSync(`${configOf(world)}.new`, configOf(world));
    }
    const name = names[Math.floor(random() * names.length)] ?? "a";
    const asked = daemon.call(random() < 0.5 ? "restart" : "stop", { tool: name }).catch(() => undefined);
    const victim = (await pidsOf(daemon))[name];
    if (typeof victim === "number" && random() < 0.5) signalGroup(victim, "SIGKILL");
    if (random() < 0.3) await asked;
    for (const [tool, pids] of workersByTool(world)) assert.ok(pids.length <= (tool === "keep" ? 1 : 2), `round ${round}: ${tool} has the processes ${pids.join()}`);
  }
  configure(world, yaml(names, 0));
  await daemon.settled(({ tools, config }) => Object.keys(tools).length === 5 && config.problems.length === 0);
  for (const name of names) await daemon.call("start", { tool: name });
  const pids = await pidsOf(daemon);
  assert.deepEqual(new Set(workersOf(world)), new Set(Object.values(pids)));
  assert.equal(pids["keep"], kept);
  await daemon.stop();
  await world.close();
});

/** One for each, and another that takes its place while its settings change. */
function workersByTool(world: World): Map<string, number[]> {
  const byTool = new Map<string, number[]>();
  for (const pid of workersOf(world)) {
    const tool = variableOf(pid, "PIPE_TOOLS_TOOL");
    if (tool !== null) byTool.set(tool, [...(byTool.get(tool) ?? []), pid]); // null: it has ended since
  }
  return byTool;
}

function mulberry(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
