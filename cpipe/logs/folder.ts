import { dirname } from "node:path";
import { places } from "../../pipes/protocol/places.ts";
import type { Registry } from "../../pipes/protocol/registry.ts";

/** Where the daemon writes its logs: it may have another environment than whoever asks. */
export function logFolder(registry: Registry | null): string {
  const [entry] = Object.values(registry?.tools ?? {});
  return entry === undefined ? places().logs : dirname(entry.log);
}
