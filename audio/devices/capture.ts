import { bytesPerSecond, mono } from "../../pipes/protocol/audio.ts";
import { cancelled } from "../../pipes/protocol/cancelled.ts";
import { Backlog } from "./backlog.ts";
import type { Capture, DeviceEvents } from "./device.ts";
import { deviceFailed, openDevice, type Wanted } from "./open.ts";
import { Backoff, untilItWorks } from "./retry.ts";
import type { Ending, SoundProcess } from "./sound-process.ts";

export interface CaptureOptions {
  /** `default`, or a name from the list. */
  readonly device: string;
  /** Samples a second. */
  readonly rate: number;
  /** Closes it. */
  readonly signal?: AbortSignal | undefined;
  readonly events?: DeviceEvents | undefined;
  /** Where programs and the sound server are found; `process.env` unless given. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** A reader that is later than this hears less than everything; 5 unless given. */
  readonly keepSeconds?: number | undefined;
}

/**
 * Listens to a microphone until it is closed; resolves when its first sound is there. From then on a device that goes is told of, and tried
 * again until it is back.
 * @throws ToolError `device-failed`, `cancelled`
 */
export async function openCapture(options: CaptureOptions): Promise<Capture> {
  const never = new AbortController().signal;
  const recorder = new Recorder(options);
  try {
    await recorder.start(options.signal ?? never);
    return recorder;
  } catch (error) {
    await recorder.close();
    throw error;
  }
}

class Recorder implements Capture {
  readonly device: string;
  readonly #wanted: Wanted;
  readonly #events: DeviceEvents | undefined;
  readonly #backlog: Backlog;
  readonly #backoff = new Backoff();
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;

  constructor({ device, rate, events, env, keepSeconds = KEPT_SECONDS }: CaptureOptions) {
    this.device = device;
    this.#events = events;
    this.#wanted = { device, format: mono(rate), env };
    const second = bytesPerSecond(this.#wanted.format);
    this.#backlog = new Backlog(keepSeconds * second, (bytes) => events?.dropped?.(bytes / second));
  }

  async start(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw cancelled(signal);
    const onAbort = (): void => void this.close();
    signal.addEventListener("abort", onAbort, { once: true });
    this.#closing.signal.addEventListener("abort", () => signal.removeEventListener("abort", onAbort), { once: true });
    const first = await this.#record().catch((error: unknown) => {
      throw signal.aborted ? cancelled(signal) : error;
    });
    this.#running = this.#keepOn(first);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const chunk = await this.#backlog.next();
        if (chunk === null) return;
        yield chunk;
      }
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#backlog.end(false);
    await this.#running;
  }

  /** From one program to the next, until it is closed. */
  async #keepOn(first: Recording): Promise<void> {
    const { signal } = this.#closing;
    for (let recording: Recording | null = first; recording !== null; ) {
      const since = Date.now();
      const { reason } = await recording.ended;
      if (signal.aborted) return;
      if (Date.now() - since >= STEADY_MS) this.#backoff.reset();
      this.#events?.lost(reason);
      recording = await untilItWorks(() => this.#record(), this.#backoff, signal);
      if (recording !== null) this.#events?.restored();
    }
  }

  /** Starts the program; resolves with its first sound. */
  async #record(): Promise<Recording> {
    const { signal } = this.#closing;
    const { device } = this.#wanted;
    const started = await openDevice("capture", this.#wanted, signal);
    const onAbort = (): void => started.kill();
    signal.addEventListener("abort", onAbort, { once: true });
    void started.ended.then(() => signal.removeEventListener("abort", onAbort));
    const sounds = this.#listen(started);
    const ending = await Promise.race([sounds, started.ended]);
    if (ending === undefined) return { ended: started.ended };
    if (signal.aborted) throw cancelled(signal);
    throw deviceFailed("capture", device, ending.reason);
  }

  /** Puts whole samples into the backlog; resolves at the first. A program that gives none is ended. */
  #listen(started: SoundProcess): Promise<undefined> {
    return new Promise((resolve) => {
      const silent = setTimeout(() => started.kill(`it has given no sound for ${SILENT_MS / 1000} s`), SILENT_MS);
      void started.ended.then(() => clearTimeout(silent));
      let odd: Buffer = Buffer.alloc(0);
      started.output?.on("data", (bytes: Buffer) => {
        const chunk = odd.length === 0 ? bytes : Buffer.concat([odd, bytes]);
        const whole = chunk.length - (chunk.length % 2);
        odd = chunk.subarray(whole);
        this.#backlog.push(chunk.subarray(0, whole));
        silent.refresh();
        if (whole > 0) resolve(undefined);
      });
    });
  }
}

interface Recording {
  readonly ended: Promise<Ending>;
}

const KEPT_SECONDS = 5;
/** A headset on Bluetooth takes two seconds to switch its microphone on. */
const SILENT_MS = 3000;
/** What has worked so long is tried again soon when it ends. */
const STEADY_MS = 5000;
