import type { AudioFormat } from "../../../pipes/protocol/audio.ts";
import type { Kind } from "../device.ts";
import type { Program } from "./program.ts";

/** SoX: `rec` and `play`. What there is on macOS; it has no list of devices. */
export const sox = (kind: Kind): Program => ({
  name: kind === "capture" ? "rec" : "play",
  kind,
  followsStandard: true,
  takesAnyName: true,
  tells: false,
  async find(run) {
    // Opens the device and closes it again.
    if (kind === "capture") await run("rec", ["-q", "-n", "trim", "0", "0"]);
    else await run("play", ["-q", "-n", "trim", "0", "0"]);
    return [{ name: "default", description: "what SoX takes by itself", channels: 2, standard: true }];
  },
  // SoX takes a device's name from its environment only.
  command: (device, format) => ({ args: soxArguments(format), ...(device === null || device === "default" ? {} : { env: { AUDIODEV: device } }) }),
  read: () => null,
});

export function soxArguments({ rate, channels }: AudioFormat): string[] {
  return ["-q", "-V1", "--buffer", "1024", "-t", "raw", "-r", `${rate}`, "-e", "signed-integer", "-b", "16", "-L", "-c", `${channels}`, "-"];
}
