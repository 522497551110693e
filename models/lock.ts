import { setTimeout as sleep } from "node:timers/promises";
import { cancelled } from "../pipes/protocol/cancelled.ts";
import { acquireLock, type Lock } from "../pipes/transport/lock.ts";

/**
 * One process at a time fetches or unpacks what the lock file stands for. There is no event for a lock that becomes free, so
 * this asks a few times a second. @throws ToolError `cancelled`
 */
export async function waitForLock(path: string, signal: AbortSignal, onWaiting: () => void): Promise<Lock> {
  for (;;) {
    if (signal.aborted) throw cancelled(signal);
    const lock = acquireLock(path);
    if (lock !== null) return lock;
    onWaiting();
    await sleep(LOCK_MS, undefined, { signal }).catch(() => undefined);
  }
}

const LOCK_MS = 250;
