/** What is answered within so many ms proves nothing of the work that others wait for: it did not take its turn behind it. */
const QUICK_MS = 20;
/** Ends of a request that say nothing of how the work goes. */
const NO_WORK: ReadonlySet<string> = new Set(["cancelled", "stopping", "busy", "slow-reader"]);
/** Ends that are nobody's failure: it was taken back, or is left to the process that comes next. */
const TAKEN_BACK: ReadonlySet<string> = new Set(["cancelled", "stopping"]);

/**
 * How the work of a server goes: what is under way, and when any of it last got further. It is what tells a busy server from one
 * that hangs, so it is kept for every request, at the price of reading a clock; no timer runs.
 */
export class Activity {
  readonly #clock: () => number;
  #calls = 0;
  #served = 0;
  #failed = 0;
  #moved: number;
  #rested: number;

  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#moved = this.#rested = clock();
  }

  /** Requests under way, of whatever client; what the server answers by itself is none. */
  get calls(): number {
    return this.#calls;
  }

  /** Requests answered so far. */
  get served(): number {
    return this.#served;
  }

  /** Requests that ended in an error so far, but for those that were taken back. */
  get failed(): number {
    return this.#failed;
  }

  /** Something has got further. */
  mark(): void {
    this.#moved = this.#clock();
  }

  /** A request begins; gives back when. That one more waits is no sign that those before it get on. */
  begin(): number {
    const now = this.#clock();
    if (this.#calls++ === 0) this.#moved = now;
    return now;
  }

  /** A request that began at `begun` has ended: well, which is null, or with the code of an error. */
  end(begun: number, failure: string | null): void {
    const now = this.#clock();
    this.#calls--;
    this.#rested = now;
    if (failure === null) this.#served++;
    else if (!TAKEN_BACK.has(failure)) this.#failed++;
    // The work has come to that end by itself.
    const further = failure === null || !NO_WORK.has(failure);
    if (further && now - begun >= QUICK_MS) this.#moved = now;
  }

  /** A load has ended: the time without a request is counted from here. */
  loaded(): void {
    this.#rested = this.#clock();
  }

  /** ms since anything that is under way last got further; `loading` counts as under way. */
  silent(loading: boolean): number {
    return this.#calls > 0 || loading ? this.#clock() - this.#moved : 0;
  }

  /** ms since the last request ended; 0 while one is under way. */
  get idle(): number {
    return this.#calls > 0 ? 0 : this.#clock() - this.#rested;
  }
}
