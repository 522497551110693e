import { startTimeOf } from "../../pipes/transport/identity.ts";
import { reap } from "../../pipes/transport/libc.ts";
import type { Lifelines } from "./lifeline.ts";
import { nameOf } from "./swift.ts";
import type { Born } from "./worker.ts";

/** The pauses between looks at a process of which something has ended, in ms. */
const FIRST_LOOK_MS = 1;
const SLOWEST_LOOK_MS = 1000;

/**
 * Reports the end of a process that another daemon has started. Its lifeline tells at once; `look`, which this returns, is for other
 * signs of an end, where something that the worker has started holds the lifeline. How it ended is known only to its parent, which
 * this process is after it has replaced its program.
 */
export function watchAdopted(name: string, born: Born, lifelines: Lifelines, ended: (how: { code: number | null; signal: string | null }) => void): () => void {
  const { pid, startTime } = born;
  let timer: NodeJS.Timeout | null = null;
  let over = false;
  let ending = false;
  const look = (pause: number): void => {
    if (over) return;
    if (timer !== null) clearTimeout(timer);
    // A process lets go of its files shortly before it has ended, and one that has closed its lifeline may go on for long.
    if (startTime !== null && startTimeOf(pid) === startTime) {
      // The other signs may have meant something else; the lifeline tells when it comes to it.
      if (ending || pause < SLOWEST_LOOK_MS) timer = setTimeout(() => look(Math.min(pause * 2, SLOWEST_LOOK_MS)), pause);
      return;
    }
    const how = reap(pid);
    if (how === "running") return void (timer = setTimeout(() => look(pause), pause));
    over = true;
    unwatch();
    ended({ code: how?.code ?? null, signal: how === null || how.signal === null ? null : nameOf(how.signal) });
  };
  const unwatch = lifelines.watch(name, () => {
    ending = true;
    look(FIRST_LOOK_MS);
  });
  return () => look(FIRST_LOOK_MS);
}
