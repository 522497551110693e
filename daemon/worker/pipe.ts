import type { EventOf } from "./state.ts";

/** What is learnt over a worker's own pipe. */
export type PipeEvent = EventOf<"answered"> | EventOf<"stateReported"> | EventOf<"drained">;

/**
 * The daemon's end of one tool's pipe. None of these waits or throws for what the worker does or leaves undone: a worker that
 * does not answer is found by its deadline.
 */
export interface WorkerPipe {
  /** Makes the upstream FIFO if it is missing, and keeps it open so that requests wait in it. @throws ToolError `not-a-fifo`, `not-ours`, … */
  hold(): void;
  /** Lets go of it, and removes it where no process has it open: a client then learns at once that nobody is there. */
  release(): void;
  /** Calls `requested` once, when a request waits in the FIFO; the request stays there. Only while it is held and no worker reads. */
  watch(requested: () => void): void;
  unwatch(): void;
  /**
   * Subscribes to the worker `pid` that has just been spawned, asks for its state, and reports what it says: `answered` at the first
   * sign, `stateReported` for the first state and each further one (`idle` for a tool that answers but knows no states).
   */
  connect(pid: number, report: (event: PipeEvent) => void): void;
  /** Its process is gone. Nothing is reported of it any more. */
  disconnect(): void;
  /** Reports `drained` as soon as no request is in flight. */
  drain(): void;
  /** Sends `stop`. */
  stop(): void;
}
