import { chooseDevice, standardOf } from "../../audio/devices/choose.ts";
import { DEFAULT_DEVICE, type Device, type Playback } from "../../audio/devices/device.ts";
import { listDevices } from "../../audio/devices/list.ts";
import { openPlayback } from "../../audio/devices/playback.ts";
import { mono } from "../../pipes/protocol/audio.ts";
import type { Log } from "../../pipes/rpc/log.ts";

/** The loudspeaker that was chosen, found by name or index whenever it is opened: devices come and go. */
export class Loudspeaker {
  readonly #log: Log;
  #wanted: string;

  constructor(wanted: string, log: Log) {
    this.#wanted = wanted;
    this.#log = log;
  }

  list(signal?: AbortSignal): Promise<readonly Device[]> {
    return listDevices("playback", signal);
  }

  /** The name of the one in use. @throws ToolError `device-failed`, `not-found` */
  async name(signal?: AbortSignal): Promise<string> {
    const devices = await this.list(signal);
    return this.#wanted === DEFAULT_DEVICE ? (standardOf(devices)?.name ?? DEFAULT_DEVICE) : chooseDevice(devices, this.#wanted).name;
  }

  /** Takes another one from the next sentence on. @throws ToolError `device-failed`, `not-found` */
  async choose(wanted: string | number, signal?: AbortSignal): Promise<string> {
    const { name } = chooseDevice(await this.list(signal), wanted);
    this.#wanted = name;
    return name;
  }

  /** As the settings say now, whether or not it is there. */
  configure(wanted: string): void {
    this.#wanted = wanted;
  }

  /** @throws ToolError `device-failed`, `not-found`, `cancelled` */
  async open(rate: number, signal: AbortSignal): Promise<Playback> {
    const device = this.#wanted === DEFAULT_DEVICE ? DEFAULT_DEVICE : await this.name(signal);
    return openPlayback({
      device,
      format: mono(rate),
      signal,
      events: {
        lost: (reason) => this.#log.warn({ device, reason }, "the loudspeaker has gone; trying again"),
        restored: () => this.#log.info({ device }, "the loudspeaker is back"),
      },
    });
  }
}
