import type { Registry, RegistryEntry } from "../../pipes/protocol/registry.ts";
import { isToolName } from "../../pipes/protocol/names.ts";

/** What is known of the machine now, to be held against what a daemon that is no more has written down. */
export interface Facts {
  readonly bootId: string | null;
  /** The folder of our FIFOs. */
  readonly pipes: string;
  /** The kernel's start time of a live process. */
  readonly startTimeOf: (pid: number) => string | null;
}

export type LivingEntry = RegistryEntry & { readonly pid: number; readonly startTime: string };

/** What is to become of each tool that an earlier daemon had. */
export interface Inheritance {
  /** Its worker lives, and is proven to be it: same boot, same pid, same start time. */
  readonly adopt: readonly LivingEntry[];
  /** A worker of this number was known, and cannot or must not be taken over; what is left of it is to be ended. */
  readonly end: readonly RegistryEntry[];
  /** No process: only its history goes on. `died` when it had one that nobody has seen the end of. */
  readonly recall: ReadonlyArray<{ readonly entry: RegistryEntry; readonly died: boolean }>;
}

const NOTHING: Inheritance = { adopt: [], end: [], recall: [] };

/**
 * Who inherits what from the daemon before: decided by its registry (null: none, or none that can be believed) alone. Workers that
 * this does not name are found by their lifelines.
 */
export function inheritance(registry: Registry | null, { bootId, pipes, startTimeOf }: Facts): Inheritance {
  if (registry === null || registry.daemon?.bootId !== bootId) return NOTHING;
  const entries = Object.entries(registry.tools).flatMap(([name, entry]) => (isEntry(name, entry) ? [entry] : []));
  const lives = (entry: RegistryEntry): entry is LivingEntry => entry.pid !== null && entry.startTime !== null && startTimeOf(entry.pid) === entry.startTime;
  // A worker on other pipes cannot be told to use these.
  const living = entries.filter(lives);
  const elsewhere = registry.pipes !== pipes;
  const gone = entries.filter((entry) => !lives(entry));
  return {
    adopt: elsewhere ? [] : living,
    // Of the two that there are at a change of settings, one goes on.
    end: [...(elsewhere ? living : []), ...gone.filter(({ pid }) => pid !== null), ...entries.flatMap((entry) => (entry.beside ?? []).map((process) => ({ ...entry, ...process })))],
    recall: [...(elsewhere ? living.map((entry) => ({ entry, died: false })) : []), ...gone.map((entry) => ({ entry, died: entry.pid !== null && entry.phase !== "stopping" }))],
  };
}

/** What follows for a worker that was taken over. `changed`: its tool is to be started in another way than it was. */
export function afterAdoption({ phase, want }: RegistryEntry, changed: boolean): "keep" | "stop" | "restart" {
  if (want === "down") return "stop";
  return phase === "stopping" || changed ? "restart" : "keep";
}

/** Whether an entry says what is needed here; the file may have been written by another version of us. */
function isEntry(name: string, entry: Partial<RegistryEntry> | null): entry is RegistryEntry {
  if (typeof entry !== "object" || entry === null || entry.name !== name || !isToolName(name)) return false;
  const { pid, startTime, want, deaths, restarts } = entry;
  const identified = (pid === null || (Number.isInteger(pid) && (pid ?? 0) > 1)) && (startTime === null || typeof startTime === "string");
  return identified && (want === "up" || want === "down") && Array.isArray(deaths) && Number.isInteger(restarts);
}
