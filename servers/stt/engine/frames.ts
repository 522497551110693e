/** Cuts samples that come in pieces of any size into frames of one size. */
export class Frames {
  readonly #size: number;
  #rest: Int16Array;
  #filled = 0;

  constructor(size: number) {
    this.#size = size;
    this.#rest = new Int16Array(size);
  }

  /** The frames that are whole now, each of it a copy. */
  *push(samples: Int16Array): Generator<Int16Array> {
    for (let at = 0; at < samples.length; ) {
      const taken = Math.min(this.#size - this.#filled, samples.length - at);
      this.#rest.set(samples.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled < this.#size) return;
      const whole = this.#rest;
      this.#rest = new Int16Array(this.#size);
      this.#filled = 0;
      yield whole;
    }
  }

  /** What is left, shorter than a frame. */
  flush(): Int16Array {
    const rest = this.#rest.subarray(0, this.#filled);
    this.#rest = new Int16Array(this.#size);
    this.#filled = 0;
    return rest;
  }
}

/** Pieces of samples as one. */
export function joined(pieces: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
