import { cancelled } from "../../pipes/protocol/cancelled.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { DEFAULT_DEVICE, type Device, type Kind, nounOf } from "./device.ts";
import { alsa } from "./programs/alsa.ts";
import { pipewire } from "./programs/pipewire.ts";
import type { Program } from "./programs/program.ts";
import { pulse } from "./programs/pulse.ts";
import { sox } from "./programs/sox.ts";
import { runToEnd } from "./run.ts";

/** Where the programs are looked for, and by which they find the sound server: `process.env` unless given. */
export interface Surroundings {
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The program that works here, and the devices that it knew of when it was asked. */
export interface Rung {
  readonly program: Program;
  readonly devices: readonly Device[];
}

/**
 * The first program of the ladder that is installed, answers, and knows a device: PipeWire, PulseAudio, ALSA, SoX. Remembered until
 * `forgetRung`; PipeWire may run for pictures only, with the sound in other hands, so one without devices does not count.
 * @throws ToolError `device-failed` that tells what each of them said, `cancelled`
 */
export async function chooseRung(kind: Kind, surroundings: Surroundings = {}): Promise<Rung> {
  return remembered(kind, surroundings.env ?? process.env) ?? (await askAll(kind, surroundings));
}

/** The same, asked now: for a list, or a device that is not in what was remembered. */
export async function askAll(kind: Kind, { env = process.env, signal }: Surroundings = {}): Promise<Rung> {
  const reasons: string[] = [];
  for (const program of LADDER.map((make) => make(kind))) {
    try {
      const found = await program.find((name, args) => runToEnd(name, args, env, signal));
      if (found.length === 0) throw new Error(`${program.name} knows no ${nounOf[kind]}`);
      const rung = { program, devices: found.map((device, index) => ({ index, ...device })) };
      memoryOf(env).set(kind, rung);
      return rung;
    } catch (error) {
      if (signal?.aborted === true) throw cancelled(signal);
      reasons.push((error as Error).message);
    }
  }
  throw new ToolError("device-failed", { kind: nounOf[kind], device: DEFAULT_DEVICE, reason: `no sound system answers (${reasons.join("; ")})`, hint: hintOf(reasons) });
}

/** After a failure: what was chosen is tried again from the top of the ladder. */
export function forgetRung(kind: Kind, { env = process.env }: Surroundings = {}): void {
  memoryOf(env).delete(kind);
}

export function remembered(kind: Kind, env: NodeJS.ProcessEnv): Rung | undefined {
  return memoryOf(env).get(kind);
}

const LADDER = [pipewire, pulse, alsa, sox];
const memories = new WeakMap<NodeJS.ProcessEnv, Map<Kind, Rung>>();

function memoryOf(env: NodeJS.ProcessEnv): Map<Kind, Rung> {
  const memory = memories.get(env) ?? new Map<Kind, Rung>();
  memories.set(env, memory);
  return memory;
}

/** The one thing to do. */
function hintOf(reasons: readonly string[]): string {
  if (!reasons.every((reason) => reason.endsWith("is not installed"))) return "Start PulseAudio or PipeWire (systemctl --user start pipewire-pulse, or pulseaudio --start), or plug in a sound card";
  return process.platform === "darwin" ? "Install SoX (brew install sox)" : "Install pulseaudio-utils (sudo apt install pulseaudio-utils), or alsa-utils for a computer without a sound server";
}
