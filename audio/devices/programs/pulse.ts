import type { AudioFormat } from "../../../pipes/protocol/audio.ts";
import type { Kind } from "../device.ts";
import { type Found, LATENCY_MS, type Program, type Said } from "./program.ts";

/** PulseAudio, and PipeWire where it answers in its stead: `parec` and `pacat`, with `pactl` to list. */
export const pulse = (kind: Kind): Program => ({
  name: kind === "capture" ? "parec" : "pacat",
  kind,
  followsStandard: true,
  takesAnyName: false,
  tells: true,
  async find(run) {
    const [list, standard] = [await run("pactl", ["list", kind === "capture" ? "sources" : "sinks"]), await run("pactl", ["info"])];
    return pulseDevices(kind, list, standard);
  },
  command: (device, format) => ({ args: pulseArguments(kind, device, format) }),
  read: pulseSaid,
});

/** `--verbose` makes it tell where the stream is, and what of it has been heard. */
export function pulseArguments(kind: Kind, device: string | null, { rate, channels, encoding }: AudioFormat): string[] {
  const stream = ["--raw", `--format=${encoding}`, `--rate=${rate}`, `--channels=${channels}`, `--latency-msec=${LATENCY_MS}`, "--client-name=pipe-tools"];
  return [...stream, `--stream-name=${kind === "capture" ? "listening" : "speech"}`, "--verbose", ...(device === null ? [] : [`--device=${device}`])];
}

/**
 * Devices from `pactl list sinks` or `sources`, in the C locale: the JSON that newer ones print breaks on descriptions that are not ASCII.
 * A monitor hears what a loudspeaker plays. It can be listened to, so it is in the list, but after all microphones, and where there is no
 * microphone at all it is not the standard one, whatever the server says: the tools would listen to themselves.
 */
export function pulseDevices(kind: Kind, list: string, serverFacts: string): Found[] {
  const fact = (text: string, name: string): string => new RegExp(`^\\s*${name}: (.*)$`, "m").exec(text)?.[1] ?? "";
  const standard = fact(serverFacts, kind === "capture" ? "Default Source" : "Default Sink");
  const blocks = list.split(/^(?=\S+ #\d+$)/m).filter((block) => fact(block, "Name") !== "");
  const found = blocks.map((block) => ({
    monitor: !["", "n/a"].includes(fact(block, "Monitor of Sink")),
    device: { name: fact(block, "Name"), description: fact(block, "Description"), channels: Number(/(\d+)ch/.exec(fact(block, "Sample Specification"))?.[1] ?? 1) },
  }));
  const ordered = [...found.filter(({ monitor }) => !monitor), ...found.filter(({ monitor }) => monitor)];
  const any = found.some(({ monitor }) => !monitor);
  return ordered.map(({ device }) => ({ ...device, standard: any && device.name === standard }));
}

export function pulseSaid(line: string): Said | null {
  if (line.includes("Stream successfully created") || line.startsWith("Connected to device")) return { type: "ready" };
  const seconds = /^Time: ([\d.]+) sec/.exec(line)?.[1];
  if (seconds !== undefined) return { type: "heard", seconds: Number(seconds) };
  const device = /^Stream moved to device (\S+) /.exec(line)?.[1];
  // Without the last microphone the server would go on with what the loudspeakers play: the tools would listen to themselves.
  return device === undefined ? null : { type: "moved", device, mayFollow: !device.endsWith(".monitor") };
}
