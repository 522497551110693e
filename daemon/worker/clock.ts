/** A clock that never goes back, in ms since 1970, and its timer. */
export interface Clock {
  now(): number;
  /** Calls `then` after `ms`; the returned function calls it off. */
  after(ms: number, then: () => void): () => void;
}

/** The longest that setTimeout can wait. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  // Date.now() jumps when the machine's time is set.
  now: () => performance.timeOrigin + performance.now(),
  after: (ms, then) => {
    const timer = setTimeout(then, Math.ceil(ms));
    return () => clearTimeout(timer);
  },
};

/** The same, whose timers keep no process alive. */
export const unheldClock: Clock = {
  now: () => systemClock.now(),
  after: (ms, then) => {
    const timer = setTimeout(then, Math.ceil(ms)).unref();
    return () => clearTimeout(timer);
  },
};
