import { randomUUID } from "node:crypto";
import { closeSync, fstatSync } from "node:fs";
import type { Logger } from "pino";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { standbyOf } from "../../pipes/protocol/names.ts";
import type { ToolSpec } from "../../pipes/protocol/spec.ts";
import { isOutOfFiles } from "../../pipes/transport/failure.ts";
import { startTimeOf } from "../../pipes/transport/identity.ts";
import { endHoldersOf } from "../inheritance/leftovers.ts";
import { openLog } from "../logs/file.ts";
import { lastWords, tellingLine } from "../logs/lastwords.ts";
import { logPath } from "../logs/logger.ts";
import { rotate, type RotationLimits } from "../logs/rotate.ts";
import { systemClock } from "./clock.ts";
import { groupEmpty, signalGroup, whenGroupEmpty } from "./group.ts";
import { Inspector } from "./inspect.ts";
import type { Lifelines } from "./lifeline.ts";
import { MemoryWitness } from "./oom.ts";
import { type Launch, spawnWorker } from "./process.ts";
import { fileNameOf } from "./standby.ts";
import { signalTree, straysOf, type Tree, treeEmpty, whenTreeEmpty } from "./tree.ts";
import { watchAdopted } from "./vigil.ts";
import type { Effects, Report } from "./worker.ts";

export interface ProcessesOptions {
  /** The folder of the logs. */
  readonly logs: string;
  readonly limits: RotationLimits;
  readonly log: Logger;
  readonly lifelines: Lifelines;
  readonly launch: (spec: ToolSpec) => Launch;
}

/** What is known of a process that we look after. While it is being stopped, whatever it has started counts as a part of it. */
interface Charge extends Tree {
  readonly leaving: () => boolean;
}

/** So long after a death its strays are looked for: the look is not to take the processor from the next worker, which is being born. */
const STRAYS_MS = 100;

/** The effects on real processes and logs. One object serves all workers. */
export function workerProcesses({ logs, limits, log, lifelines, launch }: ProcessesOptions): Effects & { settle(): void } {
  const charges = new Map<number, Charge>();
  const looks = new Map<number, () => void>();
  const late = new Map<Tree, NodeJS.Timeout>();
  const killLate = (tree: Tree): void => {
    clearTimeout(late.get(tree));
    late.delete(tree);
    killStrays(tree, log);
  };
  const inspector = new Inspector(() => systemClock.now());
  const memory = new MemoryWitness();
  const complain = (facts: object, what: string) => (error: Error) => log.error({ ...facts, reason: error.message }, what);

  const start: Effects["spawn"] = (spec, report, leaving) => {
    const lifeline = lifelines.take(fileNameOf(spec));
    if (lifeline === null) return void makeWay(spec, lifelines, log).then(() => start(spec, report, leaving)).catch((error: Error) => report({ type: "spawnFailed", reason: error.message }));
    const run = randomUUID();
    const open = [lifeline];
    try {
      const path = logPath(logs, spec.name);
      const fd = openLog(path);
      open.push(fd);
      const from = fstatSync(fd).size;
      const { argv, env, cwd } = launch(spec);
      spawnWorker({ argv, env: { ...env, PIPE_TOOLS_RUN: run }, cwd }, { log: fd, lifeline }, (event) => {
        if (event.type === "spawned") for (const witness of [inspector, memory]) witness.begin(event.pid);
        if (event.type === "spawned") charges.set(event.pid, { pid: event.pid, run, leaving });
        if (event.type === "exited") return ended({ pid: event.pid, run, leaving }, event, lastWords(path, from), report);
        report(event.type === "spawned" ? { ...event, run } : event);
      });
      if (from > limits.maxBytes) rotate(path, limits).catch(complain({ tool: spec.name }, "its log was not rotated"));
    } finally {
      for (const fd of open) closeSync(fd);
    }
  };

  const ended = (charge: Charge, how: { code: number | null; signal: string | null }, words: readonly string[], report: Report): void => {
    const { pid, leaving } = charge;
    const stopped = leaving();
    const empty = stopped ? treeEmpty(charge) : groupEmpty(pid);
    if (empty) charges.delete(pid);
    inspector.end(pid);
    const { code, signal } = how;
    report({ type: "exited", pid, code, signal, lastWords: tellingLine(words), outOfMemory: memory.evidence({ pid, code, signal }, words), groupEmpty: empty });
    if (!stopped) late.set(charge, setTimeout(() => killLate(charge), STRAYS_MS));
  };

  return {
    /** What was put off is done now. */
    settle: () => {
      for (const tree of late.keys()) killLate(tree);
    },
    spawn: start,
    signalGroup: (pid, signal) => {
      memory.signalled(pid, signal);
      const charge = charges.get(pid);
      if (charge?.leaving()) signalTree(charge, signal as NodeJS.Signals);
      else signalGroup(pid, signal as NodeJS.Signals);
    },
    awaitGroup: (pid, report) => {
      const charge = charges.get(pid);
      const empty = charge?.leaving() ? whenTreeEmpty(charge) : whenGroupEmpty(pid);
      empty.then(() => {
        charges.delete(pid);
        report({ type: "groupEmptied", pid });
      }, complain({ pid }, "its process group cannot be watched"));
    },
    watch: (spec, born, report, leaving) => {
      const { pid, run } = born;
      charges.set(pid, { pid, run, leaving });
      signalGroup(pid, "SIGCONT"); // somebody may have left it stopped
      const path = logPath(logs, spec.name);
      looks.set(pid, watchAdopted(spec.name, born, lifelines, (how) => {
        looks.delete(pid);
        ended({ pid, run, leaving }, how, how.code === 0 ? [] : lastWords(path, 0), report);
      }));
    },
    promoted: ({ name }) => lifelines.rename(standbyOf(name), name),
    look: (pid) => looks.get(pid)?.(),
    inspect: (pid, report) => report({ type: "inspected", pid, atWork: inspector.inspect(pid) }),
    startTimeOf: (pid) => {
      try {
        return startTimeOf(pid);
      } catch (error) {
        log.warn({ pid, reason: ToolError.from(error).message }, "its start time cannot be read; were this daemon to crash, the next one would not know it for its worker");
        return null;
      }
    },
    record: (line) => {
      const child = { tool: line.tool };
      if (line.type === "effect-failed") return log.error({ ...child, reason: line.error.message }, `${line.effect} failed`);
      const { phase, want, pid, deaths } = line.state;
      const level = phase === "failed" || phase === "backoff" || deaths > 0 ? "warn" : "info";
      log[level]({ ...child, reason: line.reason, want, pid, ...(deaths > 0 ? { deaths } : {}) }, line.from === line.to ? line.to : `${line.from} → ${line.to}`);
    },
  };
}

/** Ends who holds the lifeline of a tool that is to be started. @throws ToolError `already-running` when it is no worker of this tool */
async function makeWay(spec: ToolSpec, lifelines: Lifelines, log: Logger): Promise<void> {
  const { timeouts } = spec;
  const name = fileNameOf(spec);
  const pids = await endHoldersOf(lifelines, name, timeouts.killMs);
  if (pids.length > 0) log.warn({ tool: name, pids, reason: "an earlier worker of this tool was still there" }, "ended leftover workers");
  if (await isFreed(lifelines, name, timeouts.killMs)) return;
  const [pid = null] = lifelines.holders(name);
  throw new ToolError("already-running", { what: `a process that holds ${lifelines.path(name)}`, pid, hint: `It is not proven to be a worker of '${name}', so it was left alone` });
}

/** The last thread of a process that has been killed may hold its files for a moment, when nobody can be seen to hold them any more. */
async function isFreed(lifelines: Lifelines, name: string, patienceMs: number): Promise<boolean> {
  for (let waited = 0, pause = 1; lifelines.held(name); waited += pause, pause *= 2) {
    if (waited > patienceMs || lifelines.holders(name).length > 0) return false;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return true;
}

const BLIND_MS = 500;

/** null while no descriptor is left to look with. */
function straysIn(tree: Tree): number[] | null {
  try {
    return straysOf(tree);
  } catch (error) {
    if (isOutOfFiles(error)) return null;
    throw error;
  }
}

/** What a worker that died had put into groups of their own. */
function killStrays(tree: Tree, log: Logger): void {
  const strays = straysIn(tree);
  if (strays === null) return void setTimeout(() => killStrays(tree, log), BLIND_MS).unref();
  if (strays.length === 0) return;
  signalTree(tree, "SIGKILL");
  log.warn({ pids: strays, reason: "the worker that had started them died" }, "killed stray processes");
}
