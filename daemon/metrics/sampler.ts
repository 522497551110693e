import type { ToolEvent } from "../../pipes/protocol/messages.ts";
import type { Metrics, ToolUse } from "../../pipes/protocol/metrics.ts";
import { memoryOf } from "../residency/memory.ts";
import { familiesOf, type FamilyUse } from "./families.ts";
import { Machine } from "./machine.ts";
import { type Asked, Workloads } from "./workloads.ts";

/** A tool as far as it is looked at here. */
export interface Sampled {
  readonly name: string;
  readonly pid: number | null;
  /** Asks its worker one thing. @throws ToolError */
  readonly request: (cmd: string, args: object, timeoutMs: number) => Promise<ToolEvent>;
}

/** The time between two looks is at least about so long: what is told of a shorter one is chance. */
const LEAST_MS = 250;
/** Answers of workers that come later are told the next time. The first time nothing is known yet, so that they may take longer. */
const ANSWERS_MS = { first: 2000, later: 200 } as const;
/** A worker that has not answered by then is asked again. */
const PATIENCE_MS = 5000;
/** The exact memory is asked for again when what is resident has changed by so much. */
const NOTABLE_BYTES = 1024 * 1024;
/** The daemon's own memory, which breathes, is told in steps of so much. */
const STEP_BYTES = 4 * NOTABLE_BYTES;

interface Look {
  readonly pid: number;
  readonly at: number;
  readonly use: FamilyUse;
  /** A shared page counted once, as in the list of tools; and what was resident when that was measured. */
  readonly memory: { readonly exact: number; readonly resident: number };
}
interface Watcher {
  readonly everyMs: number;
  readonly take: (metrics: Metrics) => void;
  due: number;
}

/** What the tools and the machine do. Nothing is looked at while nobody watches, and once for all who do. */
export class Sampler {
  readonly #tools: () => readonly Sampled[];
  readonly #machine = new Machine();
  readonly #workloads = new Workloads();
  readonly #watchers = new Set<Watcher>();
  #looks = new Map<string, Look>();
  #running = false;
  #lookedAt = 0;
  /** Ends the pause between two looks. */
  #wake: () => void = () => undefined;

  constructor(tools: () => readonly Sampled[]) {
    this.#tools = tools;
  }

  /** What they do at the moment, which takes a quarter of a second to see. */
  async now(): Promise<Metrics> {
    const cards = this.#machine.lookAtCards();
    const metrics = await new Promise<Metrics>((resolve) => {
      const stop = this.watch(LEAST_MS, (metrics) => {
        stop();
        resolve(metrics);
      });
    });
    return { ...metrics, gpus: await cards };
  }

  /** Calls `take` after a moment, and from then on every so many ms, until the function is called that is returned. */
  watch(everyMs: number, take: (metrics: Metrics) => void): () => void {
    const watcher = { everyMs, take, due: performance.now() };
    this.#watchers.add(watcher);
    if (!this.#running) void this.#run();
    else this.#wake();
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#wake();
    };
  }

  async #run(): Promise<void> {
    this.#running = true;
    this.#machine.begin();
    this.#looks.clear();
    await this.#look(ANSWERS_MS.first); // not told: there is no time before it to speak of
    while (this.#watchers.size > 0) {
      const due = Math.max(this.#lookedAt + LEAST_MS, Math.min(...[...this.#watchers].map((watcher) => watcher.due)));
      if (due > performance.now()) await this.#pause(due - performance.now());
      else this.#tell(await this.#look());
    }
    this.#running = false;
  }

  /** Also those that are due in a moment: two looks at once would see nothing between them. */
  #tell(metrics: Metrics): void {
    const now = performance.now();
    for (const watcher of this.#watchers) {
      if (watcher.due > now + LEAST_MS) continue;
      watcher.due = now + watcher.everyMs;
      watcher.take(metrics);
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.ceil(ms));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #look(patience: number = ANSWERS_MS.later): Promise<Metrics> {
    const running = this.#tools().flatMap(({ pid, ...tool }) => (pid === null ? [] : [{ ...tool, pid }]));
    const asked = new Map(running.map(({ name, pid, request }) => [name, { pid, ask: () => request("health", {}, PATIENCE_MS) } satisfies Asked]));
    const [machine] = await Promise.all([this.#machine.look(), this.#workloads.ask(asked, patience)]);
    const families = await familiesOf(running.map(({ pid }) => pid));
    const at = (this.#lookedAt = performance.now());
    const looks = new Map<string, Look>();
    const tools: Record<string, ToolUse> = {};
    for (const { name, pid } of running) {
      const use = families.get(pid);
      if (use === undefined) continue; // it has just ended
      const known = this.#looks.get(name);
      const before = known?.pid === pid ? known : null;
      const memory = await memoryNow(pid, use, before);
      looks.set(name, { pid, at, use, memory });
      tools[name] = { cpu: before === null ? 0 : share(before, { at, use }), memory: memory.exact, processes: use.processes, work: this.#workloads.of(name) };
    }
    this.#looks = looks;
    return { tools, daemon: { memory: Math.round(process.memoryUsage.rss() / STEP_BYTES) * STEP_BYTES }, machine, gpus: this.#machine.recentCards() };
  }
}

/** What takes the kernel a while to count, for a large process, is counted again only where it has changed. */
async function memoryNow(pid: number, { resident }: FamilyUse, before: Look | null): Promise<Look["memory"]> {
  if (before !== null && Math.abs(before.memory.resident - resident) < NOTABLE_BYTES) return before.memory;
  const exact = await memoryOf(pid).catch(() => null); // no descriptor is left to look with, say
  return { exact: exact ?? resident, resident };
}

/** In percent of one core. */
function share(before: Look, now: Pick<Look, "at" | "use">): number {
  const used = Math.max(0, now.use.cpuMs - before.use.cpuMs); // a child that nobody waited for takes its time with it
  return Math.round((used / Math.max(1, now.at - before.at)) * 1000) / 10;
}
