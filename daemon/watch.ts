import type { Metrics } from "../pipes/protocol/metrics.ts";
import type { RegistryEntry } from "../pipes/protocol/registry.ts";
import type { Fleet } from "./fleet/fleet.ts";
import type { Sampler } from "./metrics/sampler.ts";

type News = { event: "tool"; tool: RegistryEntry } | { event: "tool_removed"; name: string } | { event: "metrics"; metrics: Metrics };

/** No tool has this name. */
const METRICS = "";

/**
 * Every tool as it is, then each change as it happens, until `signal` aborts; where `metrics` says so, also what the tools do, whenever
 * that is not what it was when it was last told. A slow reader gets a tool's latest state, not each one.
 */
export async function* watchFleet(fleet: Fleet, metrics: { readonly sampler: Sampler; readonly everyMs: number } | null, signal: AbortSignal): AsyncGenerator<News> {
  const waiting = new Map<string, News>(fleet.entries.map((tool) => [tool.name, { event: "tool", tool }]));
  let wake: () => void = () => undefined;
  const tell = (name: string, news: News): void => {
    waiting.set(name, news);
    wake();
  };
  const changed = (tool: RegistryEntry): void => tell(tool.name, { event: "tool", tool });
  const removed = (name: string): void => tell(name, { event: "tool_removed", name });
  const aborted = (): void => wake();
  let told = "";
  const sampled = (metrics: Metrics): void => {
    const text = JSON.stringify(metrics);
    if (text !== told) tell(METRICS, { event: "metrics", metrics });
    told = text;
  };
  fleet.on("changed", changed).on("removed", removed);
  const unwatch = metrics?.sampler.watch(metrics.everyMs, sampled);
  signal.addEventListener("abort", aborted, { once: true });
  try {
    while (!signal.aborted) {
      const [name, news] = waiting.entries().next().value ?? [];
      if (name === undefined || news === undefined) {
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      waiting.delete(name);
      yield news;
    }
  } finally {
    unwatch?.();
    fleet.off("changed", changed).off("removed", removed);
    signal.removeEventListener("abort", aborted);
  }
}
