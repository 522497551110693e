import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as immediate, setTimeout as sleep } from "node:timers/promises";
import { ToolClient } from "pipe-tools/client";
import { mkfifo } from "../../pipes/transport/libc.ts";
import { Births } from "./births.ts";
import { type Cost, costOf, lives, processesWith } from "./cost.ts";
import { built, isInstalled, KEEPERS, type Keeper, type Keeping, type Kept, pipesOf, source } from "./keepers.ts";

/** One line of the report; times in ms, sizes in bytes, null for what was not measured. */
export interface Row {
  readonly title: string;
  readonly installed: boolean;
  /** SIGKILL of a trivial child to the first instruction of its replacement. */
  readonly born: Spread | null;
  /** SIGKILL of the echo server to the first answered ping of a client that tries again and again. */
  readonly answered: Spread | null;
  /** From the supervisor's start until 100 trivial children have run their first instruction. */
  readonly up: number | null;
  /** With 4 and with 100 tools: CPU in ms over `IDLE_MS`, memory. */
  readonly few: Cost | null;
  readonly many: Cost | null;
}
export interface Spread {
  readonly median: number;
  readonly p95: number;
}
export interface Supervision {
  readonly rows: readonly Row[];
  /** From the daemon's start until all of 100 tools are `ready`, in ms; null when not measured. */
  readonly ready: number | null;
}

export const IDLE_MS = 30_000;
/** A keeper that gives a young child a pause (runit, s6) is not measured by that. */
const HEALTHY_MS = 1300;
const PATIENCE_MS = 10_000;
const MANY = 100;
const echo = built("servers/echo/main.js");
const child = source("child.sh");
/** What `child.sh` becomes where nobody asks it anything. */
const SLEEPING = ["sleep", "1000000", ""].join("\0");
const isKept = (commandLine: string): boolean => commandLine.includes(child) || commandLine.includes(echo) || commandLine === SLEEPING;

interface Fleet {
  readonly key: string;
  readonly folder: string;
  readonly keeping: Keeping;
}

/** All keepers side by side, taking turns. `full`: with the rivals that are installed, with a hundred tools, and idle. */
export async function measureSupervision(folder: string, full: boolean): Promise<Supervision> {
  const keepers = Object.entries(KEEPERS).filter(([key]) => full || key === "floor" || key === "ours");
  const present = keepers.filter(([, keeper]) => isInstalled(keeper));
  const births = new Births(join(folder, "births"));
  const few: Fleet[] = [];
  const many: Fleet[] = [];
  try {
    for (const [key, keeper] of present) few.push(await begin(keeper, key, join(folder, key), [...trivial(births, key, 3), echoTool(join(folder, key))]));
    for (const { key } of few) await born(births, `${key}-0`);
    for (const fleet of few) await firstAnswer(fleet.folder);
    const restarted = await restarts(few, births, full ? 25 : 12);
    const answered = await answers(few, full ? 15 : 6);
    const costs = full ? await idle(few) : new Map<string, Cost>();
    for (const { keeping } of few.splice(0)) await keeping.end();
    const hundreds = full ? await hundred(present, many, births, folder) : null;
    const rows = keepers.map(([key, { title }]) => ({
      title,
      installed: present.some(([one]) => one === key),
      born: restarted.get(key) ?? null,
      answered: answered.get(key) ?? null,
      up: hundreds?.up.get(key) ?? null,
      few: costs.get(key) ?? null,
      many: hundreds?.costs.get(key) ?? null,
    }));
    return { rows, ready: hundreds?.ready ?? null };
  } finally {
    for (const { keeping } of [...few, ...many]) await keeping.end();
    births.close();
    for (const pid of processesWith("cmdline", (line) => line.includes(births.path))) process.kill(pid, "SIGKILL");
  }
}

function trivial(births: Births, key: string, count: number): Kept[] {
  return Array.from({ length: count }, (_, n) => {
    const argv = ["/bin/sh", child, `${key}-${n}`, births.path];
    return { name: `${key}-t${n}x`, argv, yaml: `{command: ${JSON.stringify(argv)}}` };
  });
}

function echoTool(folder: string): Kept {
  return { name: "echo", argv: ["/usr/bin/env", `PIPE_TOOLS_PIPES=${join(folder, "pipes")}`, process.execPath, echo], yaml: "{server: echo}" };
}

async function begin(keeper: Keeper, key: string, folder: string, tools: readonly Kept[]): Promise<Fleet> {
  mkdirSync(folder, { mode: 0o700 });
  pipesOf(folder);
  return { key, folder, keeping: await keeper.begin(folder, tools) };
}

/** When the child of that name was last born. @throws when it is not within patience */
async function born(births: Births, name: string): Promise<number> {
  const birth = births.latest(name) ?? (await births.next(name, PATIENCE_MS));
  if (birth === null) throw new Error(`${name} was not started within ${PATIENCE_MS / 1000} s`);
  return birth.at;
}

async function restarts(fleets: readonly Fleet[], births: Births, rounds: number): Promise<Map<string, Spread>> {
  const times = new Map<string, number[]>(fleets.map(({ key }) => [key, []]));
  for (let round = 0; round < rounds; round++) {
    await sleep(HEALTHY_MS);
    for (const { key } of fleets) {
      const next = births.next(`${key}-0`, PATIENCE_MS);
      const killed = performance.now();
      process.kill(births.latest(`${key}-0`)?.pid ?? 0, "SIGKILL");
      times.get(key)?.push(((await next)?.at ?? Infinity) - killed);
    }
  }
  return spreads(times);
}

async function answers(fleets: readonly Fleet[], rounds: number): Promise<Map<string, Spread>> {
  const times = new Map<string, number[]>(fleets.map(({ key }) => [key, []]));
  for (let round = 0; round < rounds; round++) {
    await sleep(HEALTHY_MS);
    for (const { key, folder } of fleets) {
      const [pid] = processesWith("environ", (text) => text.includes(`PIPE_TOOLS_PIPES=${join(folder, "pipes")}\0`)).filter((one) => echoes().includes(one));
      if (pid === undefined) throw new Error(`${key} has no echo server`);
      const killed = performance.now();
      process.kill(pid, "SIGKILL");
      while (lives(pid)) await immediate(); // a FIFO of a dying process would still take what we write
      await firstAnswer(folder);
      times.get(key)?.push(performance.now() - killed);
    }
  }
  return spreads(times);
}

function echoes(): number[] {
  return processesWith("cmdline", (line) => line.includes(echo));
}

async function firstAnswer(folder: string): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; ; ) {
    try {
      const client = await ToolClient.connect("echo", { folder: join(folder, "pipes"), makeFifo: mkfifo, reconnect: false, timeout: PATIENCE_MS });
      await client.call("ping");
      return await client.close();
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(1);
    }
  }
}

async function idle(fleets: readonly Fleet[]): Promise<Map<string, Cost>> {
  await sleep(5000); // what a start leaves to be done
  const before = fleets.map(({ keeping }) => costOf(keeping.pid, isKept));
  await sleep(IDLE_MS);
  return new Map(fleets.map(({ key, keeping }, n) => {
    const { cpu, rss } = costOf(keeping.pid, isKept);
    return [key, { cpu: cpu - (before[n]?.cpu ?? 0), rss }];
  }));
}

interface Hundred {
  readonly up: Map<string, number>;
  readonly ready: number;
  readonly costs: Map<string, Cost>;
}

/** Started one after the other, then idle together. */
async function hundred(keepers: ReadonlyArray<[string, Keeper]>, fleets: Fleet[], births: Births, folder: string): Promise<Hundred> {
  const up = new Map<string, number>();
  let ready = Number.NaN;
  for (const [key, keeper] of keepers) {
    const tools = trivial(births, `${key}100`, MANY);
    const all = Promise.all(tools.map((_, n) => born(births, `${key}100-${n}`)));
    const started = performance.now();
    const fleet = await begin(keeper, key, join(folder, `${key}100`), tools);
    up.set(key, Math.max(...(await all)) - started);
    if (key === "ours") ready = (await allReady(fleet.folder)) - started;
    fleets.push(fleet);
  }
  return { up, ready, costs: await idle(fleets) };
}

async function allReady(folder: string): Promise<number> {
  const control = await ToolClient.connect("supervisor", { folder: join(folder, "pipes"), makeFifo: mkfifo });
  const ready = new Set<string>();
  for await (const event of control.stream("watch", {}, { timeout: Infinity })) {
    const tool = event["tool"] as { name: string; phase: string } | undefined;
    if (tool?.phase === "ready") ready.add(tool.name);
    if (ready.size === MANY) break;
  }
  const at = performance.now();
  await control.close();
  return at;
}

function spreads(times: ReadonlyMap<string, number[]>): Map<string, Spread> {
  return new Map([...times].map(([key, all]) => {
    const sorted = all.toSorted((a, b) => a - b);
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
    return [key, { median: at(0.5), p95: at(0.95) }];
  }));
}
