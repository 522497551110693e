import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { removeOrphans } from "../../pipes/client/orphans.ts";
import { assertNothingLeft, configure, logsOf } from "../daemon/daemon.ts";
import { makeWorld, root } from "../harness.ts";
import { Attacked, sizeOf } from "./attacked.ts";
import { type CallerParts, callWithLane, LanelessCaller } from "./callers.ts";
import { Census } from "./census.ts";
import { SmallDisk } from "./disk.ts";
import { clockOf, FAULTS, type Storm } from "./faults.ts";
import { Journal, PATIENCE_MS } from "./journal.ts";
import { seeded } from "./random.ts";

export interface StormOptions {
  readonly seed: number;
  readonly seconds: number;
  /** Of FAULTS; all of them by default. */
  readonly faults: readonly string[];
  /** Whether small disks can be mounted: as root, in a mount namespace of our own. */
  readonly mayMount: boolean;
}

export interface Outcome {
  readonly violations: readonly string[];
  readonly report: string;
  /** Kept when something was found. */
  readonly folder: string;
}

/** `a` is left alone by tools.yaml, `b` needs it, `c` is changed, `d` rests when nobody asks it. */
const CHECKED = ["a", "b", "c", "d"];
const KEYS: Readonly<Record<string, (round: number) => string>> = { b: () => ", needs: [a]", c: (round) => `, env: {ROUND: ${round}}`, d: () => ", keep: {idle: 1s}" };
const TOOLS = [...CHECKED, "mud"];
const AFTERWARDS_MS = 90_000;
/** Descriptors that the same fleet may need more later: one for the end of each process that is no child, a log, a watched folder. */
const SPARE_DESCRIPTORS = TOOLS.length + 3;

/** Lets a storm go over a daemon and its tools while checked clients call at full rate, and looks whether all is well afterwards. */
export async function runStorm({ seed, seconds, faults, mayMount }: StormOptions): Promise<Outcome> {
  const journal = new Journal();
  const random = seeded(seed);
  const world = makeWorld();
  const disks = mayMount ? [new SmallDisk(world.env["XDG_STATE_HOME"] ?? "", "8m"), new SmallDisk(world.env["XDG_RUNTIME_DIR"] ?? "", "16m"), new SmallDisk(world.env["XDG_CACHE_HOME"] ?? "", "4m")] : [];
  writeFileSync(clockOf(world), "0");
  const daemon = new Attacked(world, journal, { STORM_CLOCK: clockOf(world), NODE_OPTIONS: `--import ${join(root, "test/fixtures/processes/clock.mjs")}` });
  const storm: Storm = { world, journal, random, daemon, checked: CHECKED, tools: TOOLS, yaml, disks };
  const census = new Census(world, ["c"], (tool, pids) => journal.violate(`${tool} has ${pids.length} live workers: ${pids.join(", ")}`));
  const closing = new AbortController();
  const go = async (): Promise<void> => {
    configure(world, yaml(0, false));
    await daemon.start();
    await daemon.calm(TOOLS);
    const before = sizeOf(daemon.pid);
    const parts: CallerParts = { world, journal, random: seeded(seed + 1), closing: closing.signal };
    const laneless = CHECKED.flatMap((tool) => [new LanelessCaller(tool, parts), new LanelessCaller(tool, parts)]);
    const calling = Promise.all([...CHECKED.map((tool) => callWithLane(tool, parts)), ...laneless.map((caller) => caller.run())]);
    await rage(storm, faults, seconds * 1000);
    journal.note("calm again");
    configure(world, yaml(0, false));
    await daemon.call("reload").catch(() => undefined);
    await daemon.calm(TOOLS);
    closing.abort();
    await Promise.race([calling, sleep(PATIENCE_MS + 5000, null, { ref: false })]);
    journal.accuse(0);
    for (const caller of laneless) caller.close();
    await inspect(storm, before);
  };
  try {
    const late = sleep(seconds * 1000 + AFTERWARDS_MS, "late", { ref: false });
    if ((await Promise.race([go(), late])) === "late") journal.violate(`it has not ended ${AFTERWARDS_MS / 1000} s after its time`);
  } catch (error) {
    journal.violate(`the storm itself: ${(error as Error).stack}`);
  } finally {
    census.stop();
    closing.abort();
  }
  const outcome = { violations: journal.violations, report: `${journal.report()}\n${census.looks} looks at all processes`, folder: world.folder };
  if (journal.violations.length > 0) {
    cpSync(logsOf(world), join(world.folder, "logs"), { recursive: true }); // the small disk goes with us
    return outcome;
  }
  for (const disk of disks) disk.unmount();
  await world.close().catch((error: unknown) => journal.violate(String(error)));
  return outcome;
}

/** One fault after the other, some side by side, until the time is over or something was found. */
async function rage(storm: Storm, faults: readonly string[], ms: number): Promise<void> {
  const { journal, random } = storm;
  const lots = faults.flatMap((name) => Array.from({ length: FAULTS[name]?.weight ?? 0 }, () => name));
  const aside = new Set<Promise<void>>();
  for (const end = performance.now() + ms; performance.now() < end && journal.violations.length === 0; ) {
    const name = random.pick(lots);
    const done: Promise<void> = (FAULTS[name]?.run(storm) ?? Promise.resolve())
      .catch((error: unknown) => journal.violate(`${name}: ${(error as Error).stack}`))
      .finally(() => aside.delete(done));
    // Those that take the daemon away are alone: whatever else asks it would only find that out.
    const alone = /Both|Daemon|control/.test(name);
    aside.add(done);
    if (alone || aside.size > 2) await Promise.all(aside);
    await sleep(random.between(0, 300));
    journal.accuse();
  }
  await Promise.all(aside);
}

/** What a fleet that has had its storm has to look like. */
async function inspect({ world, journal, daemon }: Storm, before: { descriptors: number; rss: number }): Promise<void> {
  await daemon.calm(TOOLS);
  await daemon.call("sweep");
  const after = sizeOf(daemon.pid);
  journal.note(`the daemon has ${after.descriptors} descriptors (${before.descriptors} at first) and ${(after.rss / 1e6).toFixed(0)} MB (${(before.rss / 1e6).toFixed(0)} MB)`);
  if (after.descriptors > before.descriptors + SPARE_DESCRIPTORS) journal.violate(`the daemon has ${after.descriptors} descriptors, and had ${before.descriptors} with the same tools`);
  if (after.rss > before.rss * 2) journal.violate(`the daemon has grown from ${before.rss} to ${after.rss} bytes`);
  const code = await daemon.end();
  if (code !== 0) journal.violate(`the daemon ended with ${code} when it was asked to`);
  // A worker learns of the end of a client without a lane when it next writes to it; what that client has left goes then, as by cpipe --clear.
  await removeOrphans(world.pipes);
  try {
    assertNothingLeft(world);
  } catch (error) {
    journal.violate(`something is left: ${(error as Error).message}`);
  }
}

function yaml(round: number, extra: boolean): string {
  const policy = "defaults: {timeouts: {start: 5s, drain: 2s, stop: 500ms, kill: 500ms}, restart: {backoff: {initial: 20ms, max: 300ms}, limit: {count: 100000, window: 1s}, probe: 500ms}, health: {interval: 200ms, answer: 1s}}";
  const tools = CHECKED.map((name) => `  ${name}: {server: echo, description: "round ${round}"${KEYS[name]?.(round) ?? ""}}`);
  return `${policy}\ntools:\n${[...tools, "  mud: {server: echo}", ...(extra ? ["  extra: {server: echo}"] : [])].join("\n")}\n`;
}
