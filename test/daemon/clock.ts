import type { Clock } from "../../daemon/worker/clock.ts";

/** A clock that a test turns. */
export interface TurnedClock extends Clock {
  /** Lets time pass; timers go off when they are due. */
  pass(ms: number): void;
  /** Lets time pass while this process sleeps: what was due goes off at the end. */
  sleep(ms: number): void;
  readonly timers: number;
}

export function turnedClock(): TurnedClock {
  let now = 1_000_000;
  const timers = new Set<{ at: number; goOff: () => void }>();
  const due = (until: number): { at: number; goOff: () => void } | undefined => [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
  const fire = (until: number, at: (timer: { at: number }) => number): void => {
    for (let next = due(until); next !== undefined; next = due(until)) {
      timers.delete(next);
      now = at(next);
      next.goOff();
    }
  };
  return {
    now: () => now,
    after: (ms, then) => {
      const timer = { at: now + ms, goOff: then };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    pass(ms) {
      const until = now + ms;
      fire(until, ({ at }) => at);
      now = until;
    },
    sleep(ms) {
      now += ms;
      const until = now;
      fire(until, () => until);
    },
    get timers() {
      return timers.size;
    },
  };
}
