import type { AudioFormat } from "../../../pipes/protocol/audio.ts";
import type { Kind } from "../device.ts";
import { type Found, type Program, type Run } from "./program.ts";

/** The kernel's sound cards: `arecord` and `aplay`. */
export const alsa = (kind: Kind): Program => ({
  name: nameOf(kind),
  kind,
  followsStandard: false,
  takesAnyName: true,
  tells: false,
  async find(run) {
    const cards = alsaDevices(await run(nameOf(kind), ["-L"]));
    const failure = await tryDefault(kind, run);
    if (failure !== null && cards.length === 0) throw failure;
    const standard: Found[] = failure === null ? [{ name: "default", description: "what ALSA takes by itself", channels: 2, standard: true }] : [];
    return [...standard, ...cards.map((card, at) => ({ ...card, standard: failure !== null && at === 0 }))];
  },
  command: (device, format) => ({ args: alsaArguments(kind, device, format) }),
  read: () => null,
});

const nameOf = (kind: Kind): string => (kind === "capture" ? "arecord" : "aplay");

/** A card that can be opened once may be in use the next time, so the buffer is what decides how soon it is silent. */
export function alsaArguments(kind: Kind, device: string | null, { rate, channels }: AudioFormat): string[] {
  const buffer = kind === "playback" ? ["--buffer-time=100000", "--period-time=25000"] : ["--buffer-time=500000", "--period-time=25000"];
  return ["-q", "-D", device ?? "default", "-t", "raw", "-f", "S16_LE", "-r", `${rate}`, "-c", `${channels}`, ...buffer, "-"];
}

/** Whether it can be opened: ten milliseconds of sound to nowhere, or an empty file that is played. */
async function tryDefault(kind: Kind, run: Run): Promise<Error | null> {
  const format = ["-q", "-D", "default", "-t", "raw", "-f", "S16_LE", "-c", "1"];
  const args = kind === "capture" ? [...format, "-r", "16000", "-s", "160", "/dev/null"] : [...format, "-r", "48000", "/dev/null"];
  return run(nameOf(kind), args).then(() => null, (error: unknown) => error as Error);
}

/** Cards from `aplay -L` or `arecord -L`, by the names under which ALSA converts rates and channels by itself. */
export function alsaDevices(list: string): Found[] {
  const entries = list.split(/^(?=\S)/m).map((entry) => entry.trimEnd().split("\n"));
  return entries.flatMap(([name = "", ...lines]) =>
    name.startsWith("plughw:") ? [{ name, description: lines.map((line) => line.trim()).filter((line) => !line.endsWith("conversions")).join(", "), channels: 2, standard: false }] : [],
  );
}
