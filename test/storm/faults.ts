import { spawn } from "node:child_process";
import { closeSync, renameSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fifoOf } from "../../pipes/protocol/names.ts";
import type { RegistryEntry } from "../../pipes/protocol/registry.ts";
import { ensureFifo, openPresentFifo } from "../../pipes/transport/fifo.ts";
import { holdersOf } from "../../pipes/transport/holders.ts";
import { mkfifo } from "../../pipes/transport/libc.ts";
import { configOf, configure } from "../daemon/daemon.ts";
import type { World } from "../harness.ts";
import { type Attacked, DESCRIPTORS, limitDescriptors, sizeOf } from "./attacked.ts";
import { writeOnce } from "./callers.ts";
import { membersOf } from "./census.ts";
import type { SmallDisk } from "./disk.ts";
import type { Journal } from "./journal.ts";
import type { Random } from "./random.ts";

export interface Storm {
  readonly world: World;
  readonly journal: Journal;
  readonly random: Random;
  readonly daemon: Attacked;
  /** Tools whose every request is checked. */
  readonly checked: readonly string[];
  /** All that the first tools.yaml names. */
  readonly tools: readonly string[];
  yaml(round: number, extra: boolean): string;
  /** Empty where none could be mounted. */
  readonly disks: readonly SmallDisk[];
}

interface Fault {
  /** How often it comes, beside the others. */
  readonly weight: number;
  run(storm: Storm): Promise<void>;
}

/** What the storm does. Each one cleans up after itself, so that at the end everything can be well again. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  killWorker: {
    weight: 8,
    async run(storm) {
      const victim = victimOf(storm, storm.tools);
      if (victim === null) return;
      storm.journal.note(`SIGKILL to ${victim.tool} (${victim.pid})`);
      signal(victim.pid, "SIGKILL");
    },
  },
  haltWorker: {
    weight: 3,
    async run({ journal, random, ...storm }) {
      const victim = victimOf({ journal, random, ...storm }, storm.tools);
      if (victim === null) return;
      const ms = random.between(50, 1500);
      journal.note(`SIGSTOP to ${victim.tool} (${victim.pid}) for ${ms} ms`);
      signal(victim.pid, "SIGSTOP");
      await sleep(ms);
      signal(victim.pid, "SIGCONT");
    },
  },
  hangWorker: {
    weight: 2,
    async run(storm) {
      const victim = victimOf(storm, storm.tools);
      if (victim === null) return;
      storm.journal.note(`SIGSTOP to ${victim.tool} (${victim.pid}) for good`);
      signal(victim.pid, "SIGSTOP");
    },
  },
  killDaemon: {
    weight: 2,
    async run(storm) {
      const { journal, random, daemon } = storm;
      const ms = random.between(0, 800);
      const over = await excuseUnserved(storm);
      journal.note(`SIGKILL to the daemon (${daemon.pid}); the next one after ${ms} ms`);
      await daemon.kill();
      await sleep(ms);
      await daemon.start();
      journal.note(`the next daemon (${daemon.pid}) answers`);
      await daemon.calm(storm.checked);
      over();
    },
  },
  killBoth: {
    weight: 1,
    async run(storm) {
      const { journal, random, daemon } = storm;
      const victim = victimOf(storm, storm.checked);
      if (victim === null) return;
      const over = journal.excuse(victim.tool, "its worker and the daemon died together");
      const others = await excuseUnserved(storm);
      journal.note(`SIGKILL to the daemon (${daemon.pid}) and then to ${victim.tool} (${victim.pid})`);
      await daemon.kill();
      signal(victim.pid, "SIGKILL");
      await sleep(random.between(0, 300));
      await daemon.start();
      await daemon.calm(storm.checked);
      journal.note(`the next daemon (${daemon.pid}) has ${victim.tool} ready`);
      over();
      others();
    },
  },
  haltDaemon: {
    weight: 2,
    async run({ journal, random, daemon }) {
      const ms = random.between(50, 1500);
      journal.note(`SIGSTOP to the daemon for ${ms} ms`);
      daemon.signal("SIGSTOP");
      await sleep(ms);
      daemon.signal("SIGCONT");
    },
  },
  control: {
    weight: 3,
    async run(storm) {
      const cmd = storm.random.pick(["restart", "restart", "start", "sweep", "metrics", "reload"]);
      const tool = storm.random.pick(storm.tools);
      storm.journal.note(`${cmd} ${tool}`);
      await storm.daemon.call(cmd, ["restart", "start"].includes(cmd) ? { tool } : {}).catch((error: Error) => storm.journal.note(`${cmd} ${tool}: ${error.message}`));
    },
  },
  config: {
    weight: 4,
    async run({ world, journal, random, ...storm }) {
      const text = storm.yaml(random.between(0, 3), random.chance(0.5));
      const way = random.pick(["whole", "replaced", "half", "invalid", "empty"]);
      journal.note(`tools.yaml: ${way}`);
      if (way === "whole") configure(world, text);
      if (way === "replaced") {
        writeFileSync(`${configOf(world)}.new`, text, { mode: 0o600 });
        renameSync(`${configOf(world)}.new`, configOf(world));
      }
      if (way === "half") configure(world, text.slice(0, random.between(1, text.length - 1)).replace(/\ntools:[\s\S]*$/, "\ntools: [")); // a half that is a config by chance would remove tools
      if (way === "invalid") configure(world, text.replace("server: echo", "servr: echo"));
      if (way === "empty") configure(world, "tools: {\n");
      await sleep(random.between(0, 300));
      configure(world, text);
    },
  },
  fullDisk: {
    weight: 2,
    async run({ journal, random, disks }) {
      if (disks.length === 0) return;
      const disk = random.pick(disks);
      const ms = random.between(100, 1500);
      // Where the ledger cannot be made, a worker says so and goes on without one.
      const over = disk.folder.includes("runtime") ? journal.excuse(null, "the disk for what is read and not answered was full") : () => undefined;
      journal.note(`${disk.folder} is full for ${ms} ms`);
      disk.fill();
      await sleep(ms);
      disk.empty();
      over();
    },
  },
  fewDescriptors: {
    weight: 2,
    async run({ journal, random, daemon }) {
      const { pid } = daemon;
      const most = sizeOf(pid).descriptors + random.between(-5, 10);
      const ms = random.between(50, 1000);
      journal.note(`the daemon may have ${most} descriptors for ${ms} ms`);
      limitDescriptors(pid, most);
      await sleep(ms);
      limitDescriptors(pid, DESCRIPTORS);
    },
  },
  clock: {
    weight: 2,
    async run(storm) {
      const hours = storm.random.pick([-10_000, -24, -1, 1, 24, 10_000]);
      storm.journal.note(`everybody's clock is ${hours} h off`);
      writeFileSync(clockOf(storm.world), String(hours * 3_600_000));
      storm.daemon.signal("SIGUSR2");
    },
  },
  rubbish: {
    weight: 4,
    async run({ world, journal, random, checked }) {
      const tool = random.pick([...checked, "supervisor"]);
      const bytes = rubbish(random);
      journal.note(`${bytes.length} bytes of rubbish to ${tool}`);
      writeOnce(world, tool, bytes);
    },
  },
  mud: {
    weight: 2,
    async run({ world, journal, random }) {
      // To a tool of its own: a line without an end spoils whoever writes next into the same pipe.
      journal.note("lines without an end to mud");
      for (let n = random.between(1, 20); n > 0; n--) writeOnce(world, "mud", Buffer.alloc(random.between(1, 60_000), random.between(0, 255)));
      writeOnce(world, "mud", "\n");
    },
  },
  deadClient: {
    weight: 2,
    async run({ world, journal, random, checked }) {
      const tool = random.pick(checked);
      const body = spawn("sleep", ["1000000"], { stdio: "ignore" });
      const pid = body.pid as number;
      const path = fifoOf.downstream(world.pipes, tool, pid);
      ensureFifo(path, mkfifo);
      const fd = openPresentFifo(path, "both");
      journal.note(`client ${pid} of ${tool} asks much, reads nothing and dies`);
      const stalled = random.chance(0.5);
      for (const message of [{ cmd: "subscribe" }, { cmd: "count", to: stalled ? 100_000 : 1000, delay: stalled ? 0 : 1, req_id: "never read" }]) writeOnce(world, tool, `${JSON.stringify({ pid, ...message })}\n`);
      await sleep(random.between(10, 500));
      body.kill("SIGKILL");
      closeSync(fd);
    },
  },
};

export const clockOf = (world: World): string => `${world.folder}/clock`;

/**
 * Halts the daemon, and excuses the requests to tools that have no worker at this moment, or one that is on its way out: what waits in a
 * pipe that nobody has open once the daemon is killed, the kernel forgets.
 */
async function excuseUnserved({ world, journal, daemon, checked }: Storm): Promise<() => void> {
  const { tools } = (await daemon.call("list").catch(() => ({ tools: [] }))) as { tools: RegistryEntry[] };
  daemon.signal("SIGSTOP");
  await sleep(5);
  const paths = checked.map((tool) => fifoOf.upstream(world.pipes, tool));
  const holders = holdersOf(paths);
  const unserved = checked.filter((tool, n) => {
    const entry = tools.find(({ name }) => name === tool);
    return entry?.phase !== "ready" || !holders.get(paths[n] ?? "")?.includes(entry.pid ?? 0);
  });
  const over = unserved.map((tool) => journal.excuse(tool, "it had no worker when the daemon was killed"));
  return () => over.forEach((end) => end());
}

/** A live worker, by chance; none while tools come and go. */
function victimOf({ world, random }: Storm, tools: readonly string[]): { pid: number; tool: string } | null {
  const members = membersOf(world).filter(({ tool }) => tools.includes(tool));
  return members.length === 0 ? null : random.pick(members);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it has gone meanwhile
  }
}

/** At most PIPE_BUF bytes and whole lines, so that nobody else's line is hurt. */
function rubbish(random: Random): Buffer {
  const bytes = Buffer.from(Array.from({ length: random.between(1, 4000) }, () => random.between(0, 255)));
  const lines = [bytes, Buffer.alloc(4000), Buffer.from('{"pid": 1, "cmd": {}}'), Buffer.from('{"pid": -1, "cmd": "ping"}'), Buffer.from('[]\n"x"\n{"cmd":"stop"'), Buffer.from("\0\0\0\n\n\n")];
  return Buffer.concat([random.pick(lines), Buffer.from("\n")]);
}
