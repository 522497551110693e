import { setTimeout as passed } from "node:timers/promises";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { Heard, ListenPart } from "../engine/messages.ts";
import type { RecordingClock } from "./clock.ts";
import { Pauses } from "./pauses.ts";
import { type MicrophoneOptions, Session } from "./session.ts";

/** Times are seconds since 1970. */
export interface Listener {
  partial?(text: string): void;
  /** An utterance has ended. Null when nothing was understood, or nothing can be any more. */
  utterance?(heard: Heard | null): void;
  /** Sound has come in. */
  alive?(): void;
  /** Nothing can be understood. It will be tried again for those who stay. */
  failed?(error: ToolError): void;
}

export interface MicrophoneEvents {
  /** `on`, `hearing` or `trouble` is another than before. */
  changed(): void;
  /** Somebody begins to speak. */
  speechStart(): void;
  /** The utterance has ended, and all listeners know it. */
  speechEnd(): void;
}

/** The microphone, open while anybody listens. All hear the same. */
export class Microphone {
  readonly #options: MicrophoneOptions;
  readonly #events: MicrophoneEvents;
  readonly #listeners = new Set<Listener>();
  #session: Session | null = null;
  #hearing = false;
  #deviceTrouble: string | null = null;
  #engineTrouble: string | null = null;

  constructor(options: MicrophoneOptions, events: MicrophoneEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** Somebody listens. */
  get on(): boolean {
    return this.#listeners.size > 0;
  }

  /** Somebody speaks. */
  get hearing(): boolean {
    return this.#hearing;
  }

  /** Why nothing is heard at the moment. */
  get trouble(): string | null {
    return this.#deviceTrouble ?? this.#engineTrouble;
  }

  /** Listens until `leave`. Resolves when the microphone is open. @throws ToolError `device-failed`, `not-found`; then it does not listen */
  async join(listener: Listener): Promise<void> {
    this.#listeners.add(listener);
    try {
      await (this.#session ??= this.#open()).opened;
      this.#events.changed();
    } catch (error) {
      await this.leave(listener);
      throw error;
    }
  }

  /** The same, but what fails is tried again until it works or the listener has left. */
  async keep(listener: Listener): Promise<void> {
    this.#listeners.add(listener);
    await this.#reopen(() => this.#listeners.has(listener));
  }

  /** The last one to leave closes the microphone, and still hears what was said until then. */
  async leave(listener: Listener): Promise<void> {
    if (!this.#listeners.has(listener)) return;
    if (this.#listeners.size === 1) await this.#close();
    this.#listeners.delete(listener);
    this.#events.changed();
  }

  /** Other settings for what is heard from now on. */
  cut(): void {
    this.#session?.cut();
  }

  /** Another device. One that cannot be opened is tried again. */
  async reopen(): Promise<void> {
    if (this.#session === null) return;
    await this.#close();
    await this.#reopen(() => this.on);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    await this.#close();
  }

  async #close(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await session?.end();
    this.#endSpeech(null);
    this.#deviceTrouble = this.#engineTrouble = null;
  }

  async #reopen(wanted: () => boolean): Promise<void> {
    const pauses = new Pauses();
    while (wanted()) {
      try {
        await (this.#session ??= this.#open()).opened;
        return this.#events.changed();
      } catch (error) {
        this.#tell({ device: ToolError.from(error, "device-failed", { kind: "microphone" }).message });
        await passed(pauses.next(), undefined, { ref: false });
      }
    }
  }

  #open(): Session {
    const session: Session = new Session(this.#options, {
      part: (part, clock) => this.#take(part, clock),
      alive: () => this.#toAll((listener) => listener.alive?.()),
      device: (lost) => this.#tell({ device: lost === null ? null : `the microphone is gone, and is tried again: ${lost}` }),
      engine: (error) => {
        if (error !== null) this.#endSpeech(null);
        this.#tell({ engine: error?.message ?? null });
        if (error !== null && error.code !== "engine-died") this.#toAll((listener) => listener.failed?.(error));
      },
    });
    session.opened.catch(() => {
      if (this.#session === session) this.#session = null;
    });
    return session;
  }

  #take(part: ListenPart, clock: RecordingClock): void {
    switch (part.type) {
      case "speech_start":
        this.#hearing = true;
        this.#events.speechStart();
        return this.#events.changed();
      case "partial":
        return this.#toAll((listener) => listener.partial?.(part.text));
      case "utterance":
        return this.#endSpeech({
          text: part.text,
          words: part.words.map(({ word, start, end }) => ({ word, start: clock.at(start), end: clock.at(end) })),
          start: clock.at(part.start),
          end: clock.at(part.end),
        });
      case "progress":
    }
  }

  #endSpeech(heard: Heard | null): void {
    if (!this.#hearing) return;
    this.#hearing = false;
    this.#toAll((listener) => listener.utterance?.(heard === null || heard.text === "" ? null : heard));
    this.#events.speechEnd();
    this.#events.changed();
  }

  #tell({ device = this.#deviceTrouble, engine = this.#engineTrouble }: { device?: string | null; engine?: string | null }): void {
    const before = this.trouble;
    this.#deviceTrouble = device;
    this.#engineTrouble = engine;
    const { trouble } = this;
    if (trouble === before) return;
    if (trouble !== null) this.#options.log.warn({ reason: trouble }, "nothing is heard at the moment");
    this.#events.changed();
  }

  #toAll(event: (listener: Listener) => void): void {
    for (const listener of this.#listeners) event(listener);
  }
}
