import type { RestartPolicy } from "../../pipes/protocol/spec.ts";
import type { DeathCause } from "../../pipes/protocol/registry.ts";
import type { Death, Exited } from "./state.ts";

/** Exit code by which a worker says that starting it again will not help. */
export const PERMANENT = 125;
/** Exit code by which a worker says that its config is wrong. Source: EX_CONFIG of sysexits.h. */
export const BAD_CONFIG = 78;

/** What the policy answers to a death. `probe` is how long until one more try, null for none. */
export type Verdict =
  | { readonly kind: "restart"; readonly delay: number; readonly because: string }
  | { readonly kind: "fail"; readonly probe: number | null; readonly because: string }
  | { readonly kind: "rest"; readonly because: string };

/** What a worker has behind it: `deaths` in a row and the times of those in the window, this death included. */
export interface History {
  readonly deaths: number;
  readonly window: readonly number[];
  readonly probing: boolean;
}

/**
 * The restart policy as one function, the first rule that fits deciding. `random` is in [0, 1).
 *
 * 1. exit code 125 or 78 (its config is wrong): failed for good, under every policy
 * 2. `never`, and `on-failure` after exit code 0: stays down; a death under `never` is failed for good
 * 3. the one try of a failed worker: failed again, tried again later
 * 4. more deaths in the window than the limit: failed, tried again later
 * 5. otherwise: started again, the first time at once, then after a growing wait; after a failure to load, and after a death for want
 *    of memory, not at once even the first time, since the same would happen again
 */
export function judge(death: Death, history: History, policy: RestartPolicy, random: number): Verdict {
  const clean = death.code === 0;
  if (death.code === PERMANENT) return { kind: "fail", probe: null, because: `exit code ${PERMANENT} means that starting it again will not help` };
  if (death.code === BAD_CONFIG) return { kind: "fail", probe: null, because: `exit code ${BAD_CONFIG} means that its config is wrong; it is started when that has changed` };
  if (clean && policy.policy !== "always") return { kind: "rest", because: `its restart policy is ${policy.policy}` };
  if (policy.policy === "never") return { kind: "fail", probe: null, because: "its restart policy is never" };
  const { count, windowMs } = policy.limit;
  const later = `next try in ${inWords(policy.probeMs)}`;
  if (history.probing) return { kind: "fail", probe: policy.probeMs, because: later };
  if (history.window.length > count) {
    return { kind: "fail", probe: policy.probeMs, because: `more than ${count} ${count === 1 ? "death" : "deaths"} within ${inWords(windowMs)}; ${later}` };
  }
  const delay = backoffDelay(history.deaths + (SLOW.has(death.cause) ? 1 : 0), policy.backoff, random);
  return { kind: "restart", delay, because: delay === 0 ? "restarting at once" : `restarting in ${inWords(delay)}` };
}

/** What would only happen again at once. */
const SLOW: ReadonlySet<DeathCause> = new Set(["load-failure", "out-of-memory"]);

/** What an exit that nobody asked for means. `loading`: it had answered and was not ready yet. */
export function causeOf({ code, signal, outOfMemory }: Pick<Exited, "code" | "signal" | "outOfMemory">, loading: boolean): DeathCause {
  if (code === PERMANENT) return "permanent";
  if (code === BAD_CONFIG) return "bad-config";
  if (outOfMemory !== null) return "out-of-memory";
  if (code === 0) return "exit";
  if (code === null && signal === null) return "unknown";
  return loading ? "load-failure" : "crash";
}

/** The wait in ms before the restart that follows death number `deaths` in a row (1 is the first): 0, then exponential. */
export function backoffDelay(deaths: number, backoff: RestartPolicy["backoff"], random: number): number {
  if (deaths <= 1) return 0;
  const full = Math.min(backoff.maxMs, backoff.initialMs * backoff.factor ** Math.min(deaths - 2, 64));
  return Math.round(full * (1 - backoff.jitter * random));
}

/** The deaths that still count at `now`, this one included; no more of them are kept than the limit needs. */
export function withinWindow(window: readonly number[], now: number, policy: RestartPolicy): number[] {
  return [...window.filter((at) => at > now - policy.limit.windowMs), now].slice(-policy.limit.count - 1);
}

/** A length of time as people say it: `250 ms`, `1.5 s`, `10 min`. */
export function inWords(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Number((ms / 1000).toFixed(1))} s`;
  return `${Number((ms / 60_000).toFixed(1))} min`;
}
