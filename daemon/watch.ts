import type { RegistryEntry } from "../pipes/protocol/registry.ts";
import type { Fleet } from "./fleet/fleet.ts";

type News = { event: "tool"; tool: RegistryEntry } | { event: "tool_removed"; name: string };

/** Every tool as it is, then each change as it happens, until `signal` aborts. A slow reader gets a tool's latest state, not each one. */
export async function* watchFleet(fleet: Fleet, signal: AbortSignal): AsyncGenerator<News> {
  const waiting = new Map<string, News>(fleet.entries.map((tool) => [tool.name, { event: "tool", tool }]));
  let wake: () => void = () => undefined;
  const changed = (tool: RegistryEntry): void => {
    waiting.set(tool.name, { event: "tool", tool });
    wake();
  };
  const removed = (name: string): void => {
    waiting.set(name, { event: "tool_removed", name });
    wake();
  };
  const aborted = (): void => wake();
  fleet.on("changed", changed).on("removed", removed);
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
    fleet.off("changed", changed).off("removed", removed);
    signal.removeEventListener("abort", aborted);
  }
}
