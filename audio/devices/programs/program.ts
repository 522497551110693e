import type { AudioFormat } from "../../../pipes/protocol/audio.ts";
import type { Device, Kind } from "../device.ts";

/** A device as a program tells it; its place in the list comes later. */
export type Found = Omit<Device, "index">;

/** Runs a program to its end; resolves with what it printed, rejects with what was wrong. */
export type Run = (program: string, args: readonly string[]) => Promise<string>;

/**
 * What a program's line on standard error means to us. A stream is `moved` when its device has gone, or the user has moved it. Whoever has named
 * a device wants no other; `mayFollow` is for whoever has not.
 */
export type Said =
  | { readonly type: "ready" }
  | { readonly type: "heard"; readonly seconds: number }
  | { readonly type: "gone" }
  | { readonly type: "moved"; readonly device: string; readonly mayFollow: boolean };

/** One rung of the ladder: a program that records to standard output, or plays from standard input. */
export interface Program {
  readonly name: string;
  readonly kind: Kind;
  /** Its devices, by asking the sound system. Rejects when there is none that answers. */
  find(run: Run): Promise<readonly Found[]>;
  /** What it is started with; no device is the one that the system takes by itself. */
  command(device: string | null, format: AudioFormat): { readonly args: readonly string[]; readonly env?: Readonly<Record<string, string>> };
  /** Whether it knows what the standard device is; a program that does not is told a name. */
  readonly followsStandard: boolean;
  /** Whether a device that is not in its list can be used none the less. */
  readonly takesAnyName: boolean;
  /** Whether it tells when its stream is there, and how much of it has been heard. */
  readonly tells: boolean;
  /** Silence after the last sample, for a program that ends before it has been heard. */
  readonly trailingMs?: number;
  read(line: string): Said | null;
}

/** How much sound the system is asked to hold: what is played is heard so much later. */
export const LATENCY_MS = 50;
