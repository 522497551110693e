import { setTimeout as passed } from "node:timers/promises";
import type { Capture, DeviceEvents } from "../../../audio/devices/device.ts";
import type { Waiter } from "../../../engines/residence.ts";
import { cancelled } from "../../../pipes/protocol/cancelled.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { Log } from "../../../pipes/rpc/log.ts";
import { RATE } from "../engine/decoder.ts";
import type { ListenPart, ListenRequest } from "../engine/messages.ts";
import type { ListenCalls } from "../model.ts";
import { RecordingClock } from "./clock.ts";
import { Recordings } from "./recordings.ts";
import { Pauses } from "./pauses.ts";

export interface MicrophoneOptions {
  /** Opens the device that is chosen now. @throws ToolError `device-failed`, `not-found` */
  readonly openCapture: (signal: AbortSignal, events: DeviceEvents) => Promise<Capture>;
  readonly listen: (request: ListenRequest, waiter: Waiter, calls: ListenCalls) => Promise<unknown>;
  /** How an utterance is found, asked for each recording. */
  readonly segments: () => Pick<ListenRequest, "silence" | "preRoll" | "longest">;
  readonly log: Log;
}

export interface SessionEvents {
  part(part: ListenPart, clock: RecordingClock): void;
  /** Sound has come in. */
  alive(): void;
  /** The device is gone, and is tried again; null when it is there. */
  device(lost: string | null): void;
  /** The engine cannot go on, and is tried again; null when it does. */
  engine(error: ToolError | null): void;
}

/** How long the engine may take for what was said last when the microphone is closed. */
const LAST_WORDS_MS = 10_000;

/**
 * The microphone from its opening to its closing. What it hears goes to the engine as one recording, until the device goes away, the
 * settings change or the engine dies; then the next one begins.
 */
export class Session {
  readonly #options: MicrophoneOptions;
  readonly #events: SessionEvents;
  readonly #ending = new AbortController();
  /** Ends what the engine is asked. */
  readonly #giveUp = new AbortController();
  /** Resolves when sound comes. @throws ToolError `device-failed`, `not-found`, `cancelled` */
  readonly opened: Promise<void>;
  readonly #over: Promise<void>;
  #capture: Capture | null = null;
  #recordings: Recordings | null = null;
  #understood = false;

  constructor(options: MicrophoneOptions, events: SessionEvents) {
    this.#options = options;
    this.#events = events;
    const opening = this.#open();
    this.opened = opening.then(() => undefined);
    this.#over = opening.then((recordings) => this.#run(recordings)).catch(() => undefined); // told by `opened`
  }

  /** The next recording begins now. */
  cut(): void {
    this.#recordings?.cut();
  }

  /** Closes the device; what was recorded until then is understood, unless that takes too long. */
  async end(): Promise<void> {
    this.#ending.abort(new ToolError("cancelled"));
    if (!this.#understood) this.#giveUp.abort(new ToolError("cancelled"));
    const patience = setTimeout(() => this.#giveUp.abort(new ToolError("cancelled")), LAST_WORDS_MS);
    await this.#capture?.close();
    await this.#over;
    clearTimeout(patience);
  }

  async #open(): Promise<Recordings> {
    const { signal } = this.#ending;
    this.#capture = await this.#options.openCapture(signal, {
      lost: (reason) => {
        this.#events.device(reason);
        this.cut(); // what comes after the gap has other times
      },
      restored: () => this.#events.device(null),
      dropped: (seconds) => this.#options.log.warn({ seconds }, "the engine is too slow for the microphone: sound was lost"),
    });
    if (signal.aborted) {
      await this.#capture.close();
      throw cancelled(signal);
    }
    this.#events.device(null);
    return (this.#recordings = new Recordings(this.#capture));
  }

  async #run(recordings: Recordings): Promise<void> {
    const pauses = new Pauses();
    while (!recordings.ended && !this.#ending.signal.aborted) {
      try {
        await this.#record(recordings.open());
        pauses.reset();
      } catch (thrown) {
        if (this.#ending.signal.aborted) return;
        const error = ToolError.from(thrown);
        this.#events.engine(error);
        // The next recording brings it back; any other failure takes its time.
        if (error.code !== "engine-died") await passed(pauses.next(), undefined, { ref: false, signal: this.#ending.signal }).catch(() => undefined);
      }
    }
  }

  async #record(recording: AsyncIterable<Buffer>): Promise<void> {
    const clock = new RecordingClock();
    const waiter: Waiter = { signal: this.#giveUp.signal, queued: () => undefined, progress: () => undefined };
    this.#understood = false;
    await this.#options.listen({ sound: { rate: RATE, channels: 1 }, partial: true, ...this.#options.segments() }, waiter, {
      beside: true,
      inputs: this.#timed(recording, clock),
      onPart: (part) => this.#events.part(part, clock),
      onBegin: () => {
        this.#understood = true;
        this.#events.engine(null);
      },
    });
  }

  async *#timed(recording: AsyncIterable<Buffer>, clock: RecordingClock): AsyncGenerator<Buffer> {
    for await (const chunk of recording) {
      clock.arrived(chunk.length / 2 / RATE, Date.now() / 1000);
      this.#events.alive();
      yield chunk;
    }
  }
}
