import type { DeathCause } from "../../pipes/protocol/registry.ts";
import type { RestartPolicy, WorkerTimeouts } from "../../pipes/protocol/spec.ts";

/** What the user wants of a worker; what it does is its phase. */
export type Want = "up" | "down";

/** What the machine decides by. It comes from the tool's spec and may differ from one event to the next. */
export interface Policy {
  readonly restart: RestartPolicy;
  readonly timeouts: WorkerTimeouts;
  /** Why no process may be started now (a tool that it needs, memory), as a sentence; null when one may. */
  readonly blocked: string | null;
}

interface Common {
  readonly want: Want;
  /** Why it is in this phase, as a sentence. */
  readonly reason: string;
  /** When it came into this phase, in ms of the shell's clock. */
  readonly since: number;
  /** The one moment, in ms of the shell's clock, at which `deadlinePassed` is due; null when nothing is waited for. */
  readonly deadline: number | null;
  /** Deaths in a row since it was last healthy (ready for `healthyAfterMs`). The first is followed by a restart at once. */
  readonly deaths: number;
  /** When the deaths inside the restart window happened. */
  readonly window: readonly number[];
  /** Automatic restarts so far. */
  readonly restarts: number;
}

/** No process, and none wanted. `down` means that `want` is down, always. */
export interface Down extends Common {
  readonly phase: "down";
  readonly pid: null;
  readonly state: null;
}

/** A process is wanted and something has to come first; `gateChanged` says that this may have happened. */
export interface Waiting extends Common {
  readonly phase: "waiting";
  readonly pid: null;
  readonly state: null;
  /** Why it is to be started, once it may. */
  readonly cause: string;
  readonly probing: boolean;
}

/** No process, until a request comes: its FIFO is held and watched. */
export interface Resting extends Common {
  readonly phase: "resting";
  readonly pid: null;
  readonly state: null;
}

/**
 * A process was asked for (`pid` is null until the system has answered) and is not ready yet. Once its pipe has
 * answered it may load for as long as it likes; until then `deadline` runs.
 */
export interface Starting extends Common {
  readonly phase: "starting";
  readonly pid: number | null;
  readonly answered: boolean;
  /** Its time to answer is over, and it is being looked at whether it is at work. */
  readonly inspected: boolean;
  /** One try out of `failed`. */
  readonly probing: boolean;
  readonly state: string | null;
}

/**
 * It answers on its pipe, and `state` is what it says of itself. A tool that is up but cannot do its work (no model, say)
 * is ready with the state `error`: it stays there to be asked why. `failed` is another thing: a worker that the
 * supervisor has stopped restarting.
 */
export interface Ready extends Common {
  readonly phase: "ready";
  readonly pid: number;
  readonly state: string;
}

/** What follows once the process group is empty. */
export type After =
  | { readonly kind: "down"; readonly reason: string }
  | { readonly kind: "start"; readonly reason: string }
  | { readonly kind: "rest"; readonly reason: string }
  | { readonly kind: "death"; readonly death: Death }
  /** It said of itself that it is stopping, because a client sent it `stop`: how it exits decides. */
  | { readonly kind: "announced" };

/** The rungs of a stop, in this order. Each has its own deadline, and the last is repeated. */
export type StopStep = "draining" | "asked" | "terminating" | "killing";

/** On the way out, until no live process is left in the group. */
export interface Stopping extends Common {
  readonly phase: "stopping";
  readonly pid: number;
  readonly step: StopStep;
  /** The leader is gone and others of its group are not. */
  readonly exited: boolean;
  readonly after: After;
  readonly probing: boolean;
  readonly state: string | null;
}

/** Died, and is started again at `deadline`. Its FIFO is held, so that requests wait for the next one. */
export interface Backoff extends Common {
  readonly phase: "backoff";
  readonly pid: null;
  readonly state: null;
}

/** Given up. At `deadline` one more try is made; when that is null only a person or a changed config leads out. */
export interface Failed extends Common {
  readonly phase: "failed";
  readonly pid: null;
  readonly state: null;
}

export type WorkerState = Down | Waiting | Resting | Starting | Ready | Stopping | Backoff | Failed;
export type Phase = WorkerState["phase"];
export type StateOf<P extends Phase> = Extract<WorkerState, { phase: P }>;

/** The end of a process, or of an attempt to have one. `code` and `signal` are both null when nobody could know. */
export interface Death {
  readonly cause: DeathCause;
  readonly code: number | null;
  readonly signal: string | null;
  /** What happened, as a clause: `it exited with code 1: Error: boom`. */
  readonly what: string;
}

/** What has happened. Facts about a process name it by `pid`, so that a late one about an earlier process is not believed. */
export type WorkerEvent =
  | { readonly type: "wantedUp"; readonly reason: string }
  | { readonly type: "wantedDown"; readonly reason: string }
  | { readonly type: "restartAsked"; readonly reason: string }
  /** Make it have no process until the next request. */
  | { readonly type: "restAsked"; readonly reason: string }
  /** A request has come for a worker that rests. */
  | { readonly type: "requested" }
  /** `Policy.blocked` may say something else now. */
  | { readonly type: "gateChanged" }
  /** It must not be started, now or later, unless something is changed: it is larger than all the memory that there is for tools. */
  | { readonly type: "refused"; readonly reason: string }
  /** A worker of an earlier daemon, proven to be this tool's. */
  | { readonly type: "adopted"; readonly pid: number; readonly restarts: number; readonly reason: string }
  /** `run` is the value of PIPE_TOOLS_RUN in its environment. */
  | { readonly type: "spawned"; readonly pid: number; readonly run?: string }
  | { readonly type: "spawnFailed"; readonly reason: string }
  /** Its pipe has answered for the first time (`subscribed`). */
  | { readonly type: "answered" }
  /** Its own state: `loading`, `error`, `stopping`, or any other, which all mean that it can be used. */
  | { readonly type: "stateReported"; readonly state: string; readonly reason: string | null }
  /** No request is in flight any more. */
  | { readonly type: "drained" }
  /** It is alive and of no use: it hangs, refuses, or has outgrown its memory. `what` is a clause: `it has not answered for 20 s`. */
  | { readonly type: "hung"; readonly pid: number; readonly cause: "hang" | "refusing" | "out-of-memory"; readonly what: string }
  /** Whether a worker that has not answered is at work: on what, as a clause, or null. */
  | { readonly type: "inspected"; readonly pid: number; readonly atWork: string | null }
  | Exited
  | { readonly type: "groupEmptied"; readonly pid: number }
  | { readonly type: "deadlinePassed" };
/** `outOfMemory`: what speaks for its having been ended for want of memory, as a clause; null when nothing does. */
export interface Exited {
  readonly type: "exited";
  readonly pid: number;
  readonly code: number | null;
  readonly signal: string | null;
  readonly lastWords: string | null;
  readonly outOfMemory: string | null;
  readonly groupEmpty: boolean;
}
export type EventType = WorkerEvent["type"];
export type EventOf<T extends EventType> = Extract<WorkerEvent, { type: T }>;

/** What is to be done. The deadline is no effect: it is in the state, and the shell keeps one timer for it. */
export type Effect =
  | { readonly type: "holdFifo" }
  | { readonly type: "releaseFifo" }
  /** Tell when a request comes into the FIFO, which stays in it. */
  | { readonly type: "watchFifo" }
  | { readonly type: "unwatchFifo" }
  | { readonly type: "spawn" }
  /** Report the end of a process that is not our child. */
  | { readonly type: "watch"; readonly pid: number }
  /** Find out whether a silent worker is at work, and report `inspected`. */
  | { readonly type: "inspect"; readonly pid: number }
  /** A death to be remembered. */
  | { readonly type: "mourn"; readonly death: Death }
  | { readonly type: "connect"; readonly pid: number }
  | { readonly type: "disconnect" }
  | { readonly type: "drain" }
  /** `stop` over its pipe. */
  | { readonly type: "askToStop" }
  | { readonly type: "signalGroup"; readonly pid: number; readonly signal: "SIGTERM" | "SIGCONT" | "SIGKILL" }
  /** Report `groupEmptied` once the group has no live process. */
  | { readonly type: "awaitGroup"; readonly pid: number }
  /** One line for the log: a transition, with its reason. */
  | { readonly type: "record"; readonly from: Phase; readonly to: Phase; readonly reason: string };

export function initialState(now: number): Down {
  return { phase: "down", want: "down", reason: "it has not been started yet", since: now, deadline: null, deaths: 0, window: [], restarts: 0, pid: null, state: null };
}
