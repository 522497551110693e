import { once } from "node:events";
import { closeSync, existsSync, readFileSync, watch } from "node:fs";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { openLog } from "../../../daemon/logs/file.ts";
import { groupEmpty, signalGroup } from "../../../daemon/worker/group.ts";
import { Lifelines } from "../../../daemon/worker/lifeline.ts";
import { type ProcessEvent, spawnWorker } from "../../../daemon/worker/process.ts";
import { folder } from "../logs/folder.ts";

export const fixture = (name: string): string => join(import.meta.dirname, "../../fixtures/processes", name);

export interface Started {
  readonly log: string;
  readonly events: ProcessEvent[];
  /** The first event of a type, past or future. */
  event<T extends ProcessEvent["type"]>(type: T): Promise<Extract<ProcessEvent, { type: T }>>;
  readonly pid: number;
}

/** Spawns a program as a worker whose group is killed when the test ends. */
export function started(t: TestContext, argv: readonly string[], over: { cwd?: string } = {}): Started {
  const log = join(folder(t), "worker.log");
  const fd = openLog(log);
  const lifeline = new Lifelines(dirname(log)).take("greeter") ?? -1;
  const events: ProcessEvent[] = [];
  const bell = new EventTarget();
  spawnWorker({ argv, env: process.env, cwd: over.cwd ?? "/" }, { log: fd, lifeline }, (event) => {
    events.push(event);
    bell.dispatchEvent(new Event("event"));
  });
  for (const open of [fd, lifeline]) closeSync(open);
  const first = events[0];
  const pid = first?.type === "spawned" ? first.pid : 0;
  t.after(() => void (pid > 1 && !groupEmpty(pid) && signalGroup(pid, "SIGKILL")));
  const event: Started["event"] = async (type) => {
    for (;;) {
      const found = events.find((one) => one.type === type);
      if (found !== undefined) return found as never;
      await once(bell, "event");
    }
  };
  return { log, events, event, pid };
}

/** The text of a file as soon as it matches. */
export async function written(path: string, wanted: RegExp): Promise<RegExpMatchArray> {
  const watcher = watch(path);
  try {
    for (;;) {
      const match = wanted.exec(readFileSync(path, "utf8"));
      if (match !== null) return match;
      await once(watcher, "change");
    }
  } finally {
    watcher.close();
  }
}

/** Resolves once there is a file at a path. */
export async function appeared(path: string): Promise<void> {
  const watcher = watch(dirname(path));
  try {
    while (!existsSync(path)) await once(watcher, "change");
  } finally {
    watcher.close();
  }
}
