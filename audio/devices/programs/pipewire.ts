import type { AudioFormat } from "../../../pipes/protocol/audio.ts";
import type { Kind } from "../device.ts";
import { type Found, LATENCY_MS, type Program } from "./program.ts";

/** PipeWire's own programs: `pw-record` and `pw-play`, with `pw-dump` to list. */
export const pipewire = (kind: Kind): Program => {
  const name = kind === "capture" ? "pw-record" : "pw-play";
  let raw = false;
  return {
    name,
    kind,
    followsStandard: true,
    takesAnyName: false,
    tells: false,
    trailingMs: 2 * LATENCY_MS,
    async find(run) {
      // Newer ones take a bare stream only when they are told to; older ones take nothing else, and do not know the word.
      const help = await run(name, ["--help"]);
      raw = help.includes("--raw");
      if (!raw && !help.includes("|-]")) throw new Error("it is too old to take sound from a pipe");
      return pipewireDevices(kind, await run("pw-dump", ["--no-colors"]));
    },
    command: (device, format) => ({ args: pipewireArguments(kind, device, format, raw) }),
    // Its stream has been ended with its device; by itself it would wait for ever.
    read: (line) => (line.startsWith("remote error:") && line.includes("unknown resource") ? { type: "gone" } : null),
  };
};

/** A named device's stream ends with the device; without the property it would go on with another one, unasked. */
export function pipewireArguments(kind: Kind, device: string | null, { rate, channels }: AudioFormat, raw: boolean): string[] {
  const stream = [`--rate=${rate}`, `--channels=${channels}`, "--format=s16", `--latency=${LATENCY_MS}ms`, `--media-role=${kind === "capture" ? "Communication" : "Accessibility"}`];
  return [...(raw ? ["--raw"] : []), ...stream, ...(device === null ? [] : [`--target=${device}`, "--properties={ node.dont-reconnect = true }"]), "-"];
}

interface Node {
  readonly type?: string;
  readonly props?: { readonly "metadata.name"?: string };
  readonly metadata?: ReadonlyArray<{ readonly key?: string; readonly value?: { readonly name?: string } }>;
  readonly info?: { readonly props?: Readonly<Record<string, string | number | undefined>>; readonly "n-input-ports"?: number; readonly "n-output-ports"?: number };
}

/** Devices from what `pw-dump` prints. A sink's monitor is no node of its own here, so it is not in the list. */
export function pipewireDevices(kind: Kind, dump: string): Found[] {
  const nodes = JSON.parse(dump) as Node[];
  const classes = kind === "capture" ? /^Audio\/(Source|Duplex)/ : /^Audio\/(Sink|Duplex)/;
  const key = `default.audio.${kind === "capture" ? "source" : "sink"}`;
  const standard = nodes.flatMap(({ metadata }) => metadata ?? []).find((entry) => entry.key === key)?.value?.name;
  return nodes.flatMap(({ type, info }) => {
    const props = info?.props ?? {};
    const name = String(props["node.name"] ?? "");
    if (type !== "PipeWire:Interface:Node" || name === "" || !classes.test(String(props["media.class"]))) return [];
    const ports = kind === "capture" ? info?.["n-output-ports"] : info?.["n-input-ports"];
    const channels = Number(props["audio.channels"] ?? ports ?? 1) || 1;
    return [{ name, description: String(props["node.description"] ?? props["node.nick"] ?? name), channels, standard: name === standard }];
  });
}
