import type { AudioFormat } from "../../pipes/protocol/audio.ts";
import { cancelled } from "../../pipes/protocol/cancelled.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { listed } from "./choose.ts";
import { DEFAULT_DEVICE, type Kind, nounOf } from "./device.ts";
import { askAll, chooseRung, forgetRung, type Rung } from "./ladder.ts";
import { SoundProcess } from "./sound-process.ts";

export interface Wanted {
  /** `default`, or a name from the list. */
  readonly device: string;
  readonly format: AudioFormat;
  /** `process.env` unless given. */
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/**
 * Starts the program that records from or plays to a device. What had worked before may have ended meanwhile, so a failure makes the next
 * one choose anew.
 * @throws ToolError `device-failed`, `cancelled`
 */
export async function openDevice(kind: Kind, wanted: Wanted, signal: AbortSignal, heard?: (seconds: number) => void): Promise<SoundProcess> {
  const { device, format, env = process.env } = wanted;
  const rung = await rungWith(kind, device, env, signal);
  if (signal.aborted) throw cancelled(signal);
  const started = new SoundProcess(rung, device, format, env, heard);
  void started.ended.then(({ ok }) => {
    if (!ok) forgetRung(kind, { env });
  });
  return started;
}

export const deviceFailed = (kind: Kind, device: string, reason: string, hint?: string): ToolError =>
  new ToolError("device-failed", { kind: nounOf[kind], device, reason, ...(hint === undefined ? {} : { hint }) });

async function rungWith(kind: Kind, device: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Rung> {
  const known = await chooseRung(kind, { env, signal });
  if (knows(known, device)) return known;
  const rung = await askAll(kind, { env, signal });
  if (knows(rung, device)) return rung;
  forgetRung(kind, { env });
  if (device === DEFAULT_DEVICE) throw deviceFailed(kind, device, `there is no ${nounOf[kind]}`, `Plug one in, or choose by its name: ${listed(rung.devices)}`);
  throw deviceFailed(kind, device, "there is none of that name", `There are ${listed(rung.devices)}`);
}

function knows({ program, devices }: Rung, device: string): boolean {
  if (device === DEFAULT_DEVICE) return devices.some(({ standard }) => standard);
  return program.takesAnyName || devices.some(({ name }) => name === device);
}
