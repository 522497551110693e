import { setTimeout as passed } from "node:timers/promises";
import { type AudioFormat, bytesPerSecond } from "../../pipes/protocol/audio.ts";
import { cancelled } from "../../pipes/protocol/cancelled.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import type { DeviceEvents, Playback } from "./device.ts";
import { deviceFailed, openDevice, type Wanted } from "./open.ts";
import { Position } from "./position.ts";
import { LATENCY_MS } from "./programs/program.ts";
import { Backoff, untilItWorks } from "./retry.ts";
import type { Ending, SoundProcess } from "./sound-process.ts";
import { Unheard } from "./unheard.ts";

export interface PlaybackOptions {
  /** `default`, or a name from the list. */
  readonly device: string;
  /** Of what is written. */
  readonly format: AudioFormat;
  /** Stops it. */
  readonly signal?: AbortSignal | undefined;
  readonly events?: DeviceEvents | undefined;
  /** Where programs and the sound server are found; `process.env` unless given. */
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/**
 * Opens a loudspeaker. One that goes while it plays is told of and tried again for ten seconds; it goes on with what had not been heard.
 * @throws ToolError `device-failed`, `cancelled`
 */
export async function openPlayback(options: PlaybackOptions): Promise<Playback> {
  const player = new Player(options);
  await player.start();
  return player;
}

type State = { readonly phase: "open" } | { readonly phase: "finished" } | { readonly phase: "failed"; readonly error: ToolError };

class Player implements Playback {
  readonly device: string;
  readonly #wanted: Wanted;
  readonly #options: PlaybackOptions;
  readonly #unheard = new Unheard();
  readonly #position = new Position(LATENCY_MS / 1000);
  readonly #backoff = new Backoff();
  /** Aborted at its end, whichever it is. */
  readonly #closing = new AbortController();
  #state: State = { phase: "open" };
  /** None while the loudspeaker is gone. */
  #process: SoundProcess | null = null;
  /** What is written takes turns. */
  #writing: Promise<void> = Promise.resolve();
  /** Nothing more may be written; and then, all of it was. */
  #last = false;
  #complete = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: PlaybackOptions) {
    this.device = options.device;
    this.#options = options;
    this.#wanted = { device: options.device, format: options.format, env: options.env };
  }

  async start(): Promise<void> {
    const { signal } = this.#options;
    if (signal?.aborted === true) throw cancelled(signal);
    const onAbort = (): void => this.#end({ phase: "failed", error: cancelled(signal!) });
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#closing.signal.addEventListener("abort", () => signal?.removeEventListener("abort", onAbort), { once: true });
    try {
      await this.#launch();
    } catch (thrown) {
      const error = this.#failure() ?? ToolError.from(thrown, "device-failed", { kind: "loudspeaker", device: this.device });
      this.#end({ phase: "failed", error });
      throw error;
    }
    this.#running = this.#keepOn();
  }

  get heard(): number {
    return this.#state.phase === "finished" ? this.#position.written : this.#position.heard(now());
  }

  async write(pcm: Buffer): Promise<void> {
    this.#assertOpen();
    if (this.#last) throw deviceFailed("playback", this.device, "it was closed, and more was written");
    const turn = this.#writing.then(() => this.#put(pcm));
    this.#writing = turn.catch(() => undefined); // told to whoever wrote it
    await turn;
  }

  async finish(): Promise<void> {
    this.#assertOpen();
    this.#last = true;
    await this.#writing;
    this.#complete = true;
    if (this.#process !== null) this.#drain(this.#process);
    await this.#running;
    if (this.#state.phase === "failed") throw this.#state.error;
  }

  async stop(): Promise<void> {
    this.#end({ phase: "failed", error: new ToolError("cancelled", { reason: "the sound was stopped" }) });
    await this.#running;
  }

  /** In pieces, so that little goes on by itself should we die. */
  async #put(pcm: Buffer): Promise<void> {
    for (let rest = pcm; rest.length > 0; ) {
      this.#assertOpen();
      const piece = rest.subarray(0, this.#bytes(PIECE_SECONDS));
      rest = rest.subarray(piece.length);
      this.#unheard.push(piece);
      this.#position.wrote(this.#seconds(piece.length), now());
      this.#process?.input?.write(piece);
      await this.#room();
      this.#unheard.heard(this.#bytes(this.heard));
    }
    this.#assertOpen();
  }

  /** From one program to the next, until the end. */
  async #keepOn(): Promise<void> {
    while (this.#process !== null) {
      const ending = await this.#process.ended;
      if (this.#state.phase !== "open") return;
      if (this.#complete && ending.ok) return this.#end({ phase: "finished" });
      const error = await this.#recover(ending);
      if (error !== null) return this.#end({ phase: "failed", error });
    }
  }

  /** Null when it plays again, or was stopped meanwhile. */
  async #recover({ reason }: Ending): Promise<ToolError | null> {
    const error = deviceFailed("playback", this.device, reason, "List the devices and choose another one, or plug it in again");
    // A program that does not tell when its stream is there may have found none; nothing is lost that was not begun.
    const begun = this.#process?.tells === true ? this.#position.written > 0 : this.heard > 0;
    if (reason === STUCK || !begun) return error;
    this.#process = null;
    this.#options.events?.lost(reason);
    try {
      const back = await untilItWorks(() => this.#launch(), this.#backoff, this.#closing.signal, PATIENCE_MS);
      if (back !== null) this.#options.events?.restored();
      return null;
    } catch (thrown) {
      return ToolError.from(thrown, "device-failed", { kind: "loudspeaker", device: this.device });
    }
  }

  /** Starts the program, and gives it what has not been heard. */
  async #launch(): Promise<true> {
    const { signal } = this.#closing;
    const started = await openDevice("playback", this.#wanted, signal, (seconds) => this.#process === started && this.#position.told(seconds, now()));
    const onAbort = (): void => started.kill();
    signal.addEventListener("abort", onAbort, { once: true });
    void started.ended.then(() => signal.removeEventListener("abort", onAbort));
    const late = setTimeout(() => started.kill(`the sound server has not answered for ${STUCK_MS / 1000} s`), STUCK_MS);
    const ending = await Promise.race([started.ready.then(() => null), started.ended]).finally(() => clearTimeout(late));
    if (ending !== null || signal.aborted) throw deviceFailed("playback", this.device, ending?.reason ?? "it was closed");
    const from = this.#position.restarted(started.tells, now());
    for (const pcm of this.#unheard.since(this.#bytes(from))) started.input?.write(pcm);
    this.#process = started;
    if (this.#complete) this.#drain(started);
    return true;
  }

  /** Nothing more comes: the program ends by itself after the last sample. */
  #drain(started: SoundProcess): void {
    started.endInput(this.#wanted.format);
    const deadline = setTimeout(() => started.kill(STUCK), this.#ahead() * 1000 + STUCK_MS);
    void started.ended.then(() => clearTimeout(deadline));
  }

  #end(state: State): void {
    if (this.#state.phase !== "open") return;
    this.#state = state;
    this.#closing.abort();
  }

  /** Resolves when little enough waits to be heard. While the loudspeaker is gone, that is when it is back. */
  async #room(): Promise<void> {
    let least = Infinity;
    let since = now();
    for (let ahead = this.#ahead(); ahead > AHEAD_SECONDS; ahead = this.#ahead()) {
      if (ahead < least || this.#process === null) [least, since] = [ahead, now()];
      else if (now() - since > STUCK_MS / 1000) this.#process.kill(STUCK);
      await passed(Math.max((ahead - AHEAD_SECONDS) * 1000, LATENCY_MS), undefined, { signal: this.#closing.signal }).catch(() => undefined);
    }
  }

  /** Seconds that were written and not heard, or that the program does not even take. */
  #ahead(): number {
    if (this.#state.phase !== "open") return 0;
    return Math.max(this.#position.written - this.heard, this.#seconds(this.#process?.input?.writableLength ?? 0));
  }

  #failure(): ToolError | null {
    return this.#state.phase === "failed" ? this.#state.error : null;
  }

  #assertOpen(): void {
    const error = this.#failure();
    if (error !== null) throw error;
    if (this.#state.phase === "finished") throw deviceFailed("playback", this.device, "it was closed");
  }

  #seconds(bytes: number): number {
    return bytes / bytesPerSecond(this.#wanted.format);
  }

  #bytes(seconds: number): number {
    const { width, channels, rate } = this.#wanted.format;
    return Math.round(seconds * rate) * width * channels;
  }
}

const now = (): number => performance.now() / 1000;

/** So much is given to the program before it is heard; it is what plays on for when our process is killed. */
const AHEAD_SECONDS = 1;
const PIECE_SECONDS = 0.25;
const PATIENCE_MS = 10_000;
/** A program that gets no further for so long, or does not end so long after the last sample, is given up. */
const STUCK_MS = 5000;
const STUCK = `it has played nothing of what it was given for ${STUCK_MS / 1000} s`;
