import type { RestartPolicy } from "../../../pipes/protocol/spec.ts";
import type { Policy } from "../../../daemon/worker/state.ts";

export function restartPolicy(changed: Partial<RestartPolicy> = {}): RestartPolicy {
  return {
    policy: "always",
    backoff: { initialMs: 200, factor: 2, maxMs: 30_000, jitter: 0 },
    healthyAfterMs: 10_000,
    limit: { count: 5, windowMs: 60_000 },
    probeMs: 60_000,
    ...changed,
  };
}

export function policyWith(changed: Partial<RestartPolicy> = {}, timeouts: Partial<Policy["timeouts"]> = {}): Policy {
  return { restart: restartPolicy(changed), blocked: null, timeouts: { startMs: 30_000, loadMs: 1_800_000, drainMs: 5000, stopMs: 3000, killMs: 2000, ...timeouts } };
}
