import type { Notify } from "./notify.ts";

/** The interval, in ms, at which systemd wants to hear from process `pid`: half of what it allows; null when it does not ask. */
export function watchdogInterval(env: Readonly<Record<string, string | undefined>>, pid: number): number | null {
  const microseconds = env["WATCHDOG_USEC"] ?? "";
  const addressee = env["WATCHDOG_PID"] ?? "";
  if (!/^[1-9]\d{0,15}$/.test(microseconds)) return null;
  if (addressee !== "" && addressee !== String(pid)) return null;
  return Math.min(Math.max(1, Math.floor(Number(microseconds) / 2000)), MAX_TIMER);
}

/**
 * Tells systemd now and at each interval that the event loop turns. Returns how to stop. The timer keeps no process
 * alive, and one that hangs sends nothing: that is the point.
 */
export function startWatchdog({ notify }: Notify, everyMs: number | null): () => void {
  if (everyMs === null) return () => {};
  notify({ watchdog: true });
  const timer = setInterval(() => notify({ watchdog: true }), everyMs).unref();
  return () => clearInterval(timer);
}

/** Longer timers fire at once in Node. */
const MAX_TIMER = 2 ** 31 - 1;
