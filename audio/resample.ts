import { toSample } from "./pcm.ts";

/**
 * Mono samples at one rate to the same sound at another, piece by piece: a windowed sinc, computed beforehand for each position that an output sample
 * can have between two input samples. Nothing is heard earlier or later than before. Altogether n·to/from samples come out, rounded up.
 */
export class Resampler {
  readonly #filter: Filter | null;
  /** Input samples, in floats: from `#first` on, some before it as the filter needs them. Silence comes before the beginning. */
  #input: Float32Array;
  #filled: number;
  /** What input sample `#input[0]` is. */
  #first: number;
  #taken = 0;
  #given = 0;

  /** Rates in samples a second. */
  constructor(from: number, to: number) {
    this.#filter = from === to ? null : filterFor(from, to);
    const half = this.#filter?.half ?? 0;
    this.#input = new Float32Array(4 * half + 4096);
    this.#filled = half;
    this.#first = -half;
  }

  push(samples: Int16Array): Int16Array {
    if (this.#filter === null) return samples;
    this.#taken += samples.length;
    this.#append(samples);
    return this.#give(this.#filter, Infinity);
  }

  /** The rest; then it begins anew. */
  flush(): Int16Array {
    const filter = this.#filter;
    if (filter === null) return new Int16Array(0);
    this.#append(new Int16Array(filter.half + 1));
    const rest = this.#give(filter, Math.ceil((this.#taken * filter.up) / filter.down));
    this.#input.fill(0);
    [this.#filled, this.#first, this.#taken, this.#given] = [filter.half, -filter.half, 0, 0];
    return rest;
  }

  #append(samples: Int16Array): void {
    if (this.#filled + samples.length > this.#input.length) {
      const longer = new Float32Array(this.#filled + samples.length + 4096);
      longer.set(this.#input.subarray(0, this.#filled));
      this.#input = longer;
    }
    this.#input.set(samples, this.#filled);
    this.#filled += samples.length;
  }

  /** All that can be computed from what is there, but no more than `most` since the beginning. */
  #give({ up, down, half, phases, table }: Filter, most: number): Int16Array {
    const last = this.#first + this.#filled - 1 - half;
    const count = Math.max(0, Math.min(most, Math.floor(((last + 1) * up - 1) / down) + 1) - this.#given);
    const output = new Int16Array(count);
    const input = this.#input;
    const taps = 2 * half;
    // Position of an output sample in input samples: a whole number, and `rest` of `up` parts.
    let whole = Math.floor((this.#given * down) / up);
    let rest = this.#given * down - whole * up;
    for (let n = 0; n < count; n++) {
      let at = whole - half + 1 - this.#first;
      let tap = (phases === up ? rest : Math.round((rest * phases) / up)) * taps;
      let [a, b, c, d] = [0, 0, 0, 0];
      for (const end = tap + taps; tap < end; tap += 4, at += 4) {
        a += (table[tap] as number) * (input[at] as number);
        b += (table[tap + 1] as number) * (input[at + 1] as number);
        c += (table[tap + 2] as number) * (input[at + 2] as number);
        d += (table[tap + 3] as number) * (input[at + 3] as number);
      }
      output[n] = toSample(a + b + c + d);
      rest += down;
      while (rest >= up) {
        rest -= up;
        whole++;
      }
    }
    this.#given += count;
    const done = Math.min(this.#filled, Math.max(0, whole - half + 1 - this.#first));
    input.copyWithin(0, done, this.#filled);
    this.#filled -= done;
    this.#first += done;
    return output;
  }
}

interface Filter {
  /** The rates without their common divisor: `up` to `down`. */
  readonly up: number;
  readonly down: number;
  /** Input samples on either side of an output sample. */
  readonly half: number;
  readonly phases: number;
  /** `2 * half` weights for each phase, one after the other; one phase more than there are, for what is rounded up. */
  readonly table: Float32Array;
}

/** Made once for each pair of rates. */
function filterFor(from: number, to: number): Filter {
  const known = filters.get(`${from}:${to}`);
  if (known !== undefined) return known;
  const common = greatestDivisor(from, to);
  const [up, down] = [to / common, from / common];
  const scale = Math.min(1, to / from);
  const half = 2 * Math.ceil(CROSSINGS / scale / 2);
  const phases = Math.min(up, MOST_PHASES);
  const table = new Float32Array((phases + 1) * 2 * half);
  for (let phase = 0; phase <= phases; phase++) {
    const row = table.subarray(phase * 2 * half, (phase + 1) * 2 * half);
    for (let tap = 0; tap < row.length; tap++) row[tap] = weight(tap - half + 1 - phase / phases, half, scale * CUTOFF);
    // Each phase lets a constant through as it is, so that none is louder than another.
    const sum = row.reduce((all, each) => all + each, 0);
    for (let tap = 0; tap < row.length; tap++) row[tap] = (row[tap] as number) / sum;
  }
  const filter = { up, down, half, phases, table };
  if (filters.size >= MOST_FILTERS) filters.clear();
  filters.set(`${from}:${to}`, filter);
  return filter;
}

/** A sinc under Kaiser's window. */
function weight(distance: number, half: number, cutoff: number): number {
  const x = distance / half;
  if (Math.abs(x) >= 1) return 0;
  const sinc = distance === 0 ? 1 : Math.sin(Math.PI * distance * cutoff) / (Math.PI * distance * cutoff);
  return sinc * bessel(KAISER * Math.sqrt(1 - x * x));
}

/** The modified Bessel function of order 0, by its series. */
function bessel(x: number): number {
  let [sum, term] = [1, 1];
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** Zero crossings of the sinc on either side, and the window's shape: 80 dB down within 9 % on either side of the cut-off. */
const CROSSINGS = 32;
const KAISER = 7.86;
/** The cut-off, to the lower rate's half: so that the stop band begins there. */
const CUTOFF = 0.92;
/** Rates without a common divisor would have as many phases as the rate; then the nearest of these is taken. */
const MOST_PHASES = 4096;
const MOST_FILTERS = 8;
const filters = new Map<string, Filter>();
