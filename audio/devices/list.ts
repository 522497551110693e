import type { Device, Kind } from "./device.ts";
import { askAll, type Surroundings } from "./ladder.ts";

/**
 * Microphones (`capture`) or loudspeakers (`playback`), asked now. A monitor, which hears what a loudspeaker plays, comes after all microphones.
 * @throws ToolError `device-failed` when no sound system answers, `cancelled`
 */
export async function listDevices(kind: Kind, signal?: AbortSignal, env?: NodeJS.ProcessEnv): Promise<readonly Device[]> {
  const surroundings: Surroundings = { signal, env };
  return (await askAll(kind, surroundings)).devices;
}
