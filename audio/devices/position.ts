/**
 * How much of what was written has been heard, in seconds. By what the program tells, carried on by the clock; by the clock alone where it
 * tells nothing: sound begins one latency after it was written to a silent loudspeaker, and stops when there is no more. Times are in seconds, too.
 */
export class Position {
  readonly #latency: number;
  #written = 0;
  /** What had been heard at a time. Negative while the first of it is on its way. */
  #heard = 0;
  #at = 0;
  /** What the running program was given begins here. */
  #base = 0;
  /** How long the clock may carry on what was told. */
  #trust = Infinity;

  constructor(latency: number) {
    this.#latency = latency;
  }

  get written(): number {
    return this.#written;
  }

  heard(now: number): number {
    return Math.max(this.#base, Math.min(this.#written, this.#heard + Math.min(now - this.#at, this.#trust)));
  }

  wrote(seconds: number, now: number): void {
    if (this.#trust === Infinity && this.heard(now) >= this.#written) this.#set(this.#written - this.#latency, now);
    this.#written += seconds;
  }

  /** The program has told how much of what it was given has been heard. */
  told(seconds: number, now: number): void {
    this.#trust = TOLD_SECONDS;
    this.#set(this.#base + seconds, now);
  }

  /** A program, whether it `tells` or not, is given what has not been heard; returns from where on. */
  restarted(tells: boolean, now: number): number {
    this.#base = this.heard(now);
    this.#trust = tells ? 0 : Infinity;
    this.#set(this.#base - this.#latency, now);
    return this.#base;
  }

  #set(heard: number, now: number): void {
    this.#heard = heard;
    this.#at = now;
  }
}

/** It tells every 50 ms; one that has stopped telling is not carried on for long. */
const TOLD_SECONDS = 0.1;
