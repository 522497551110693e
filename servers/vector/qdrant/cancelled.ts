import { cancelled } from "../../../pipes/protocol/cancelled.ts";

/** @throws ToolError `cancelled`, when it is */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw cancelled(signal);
}

/** What `promise` comes to, or `cancelled` as soon as that is said; the promise goes on by itself then. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  throwIfCancelled(signal);
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(cancelled(signal));
    signal.addEventListener("abort", aborted, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", aborted));
  });
}
