import type { WorkerState } from "./state.ts";

/** Tells of each new state. */
interface Source {
  on(event: "changed", listener: (state: WorkerState) => void): unknown;
  off(event: "changed", listener: (state: WorkerState) => void): unknown;
}

/** Resolves with the first state, the present one included, of which `holds` is true. */
export function firstState(source: Source, present: WorkerState, holds: (state: WorkerState) => boolean): Promise<WorkerState> {
  if (holds(present)) return Promise.resolve(present);
  return new Promise((resolve) => {
    const look = (state: WorkerState): void => {
      if (!holds(state)) return;
      source.off("changed", look);
      resolve(state);
    };
    source.on("changed", look);
  });
}
