import type { Playback } from "../../audio/devices/device.ts";

export interface PlayerEvents {
  /** Sound begins. */
  started(): void;
  /** All of it has been heard, or it was stopped. As often as `started`. */
  ended(): void;
}

/** Opens the loudspeaker for mono sound of so many samples a second. @throws ToolError `device-failed`, `cancelled` */
export type OpenPlayback = (rate: number, signal: AbortSignal) => Promise<Playback>;

/** One stretch of speech over a loudspeaker, which is open only as long as something sounds. */
export class Player {
  readonly #open: OpenPlayback;
  readonly #events: PlayerEvents;
  #playback: { readonly to: Playback; readonly rate: number; written: number } | null = null;
  #sounds = false;

  constructor(open: OpenPlayback, events: PlayerEvents) {
    this.#open = open;
    this.#events = events;
  }

  /** Seconds of what was written that have not been heard; null when nothing is open. */
  get left(): number | null {
    return this.#playback === null ? null : Math.max(0, this.#playback.written - this.#playback.to.heard);
  }

  /** Resolves when there is room for more. Sound of another rate waits until what was before it has been heard. */
  async write(pcm: Buffer, rate: number, signal: AbortSignal): Promise<void> {
    if (this.#playback !== null && this.#playback.rate !== rate) await this.#drain();
    this.#playback ??= { to: await this.#open(rate, signal), rate, written: 0 };
    this.#playback.written += pcm.length / 2 / rate;
    const room = this.#playback.to.write(pcm);
    if (!this.#sounds) this.#events.started();
    this.#sounds = true;
    await room;
  }

  /** Resolves when the last sample has been heard. */
  async finish(): Promise<void> {
    await this.#drain();
    this.#silent();
  }

  /** Silence, at once. */
  async stop(): Promise<void> {
    const playback = this.#playback;
    this.#playback = null;
    try {
      await playback?.to.stop();
    } finally {
      this.#silent();
    }
  }

  async #drain(): Promise<void> {
    await this.#playback?.to.finish();
    this.#playback = null;
  }

  #silent(): void {
    if (this.#sounds) this.#events.ended();
    this.#sounds = false;
  }
}
