/** Seconds after which it is looked anew when the sound's beginning was: the clock of a sound card is not the computer's. */
const ANEW = 30;

/** Tells when a moment of a recording was, from when its sound arrives: late at times, never early. */
export class RecordingClock {
  #passed = 0;
  #began = Number.POSITIVE_INFINITY;
  /** The earliest of what is looked at now, and since which moment of the recording. */
  #next = Number.POSITIVE_INFINITY;
  #since = 0;

  /** So many seconds more have arrived; `now` is seconds since 1970. */
  arrived(seconds: number, now: number): void {
    this.#passed += seconds;
    const began = now - this.#passed;
    this.#next = Math.min(this.#next, began);
    if (this.#since === 0) this.#began = Math.min(this.#began, began);
    if (this.#passed - this.#since < ANEW) return;
    this.#began = this.#next;
    this.#next = Number.POSITIVE_INFINITY;
    this.#since = this.#passed;
  }

  /** Seconds since 1970 of a moment of the recording. */
  at(seconds: number): number {
    return this.#began + seconds;
  }
}
