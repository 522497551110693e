import type { Model } from "./model.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/**
 * In how many ms a time that is shown is another one: the only thing that changes by itself. Whole seconds, so that many
 * times change in one frame. Null where none is shown. `now` in ms since 1970.
 */
export function clockIn({ page, daemon, tools }: Pick<Model, "page" | "daemon" | "tools">, now: number): number | null {
  if (daemon === null || (page.kind !== "fleet" && page.kind !== "details")) return null;
  const starts = [daemon.started, ...tools.flatMap(({ started, deaths }) => [...(started === null ? [] : [started]), ...deaths.slice(-1).map(({ at }) => at)])];
  const soonest = starts.reduce((before, start) => {
    const age = Math.max(0, now - Date.parse(start));
    const unit = age < MINUTE ? SECOND : MINUTE;
    return Math.min(before, unit - (age % unit));
  }, MINUTE);
  return Math.ceil((now + soonest) / SECOND) * SECOND - now;
}
