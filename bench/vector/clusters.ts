import { seeded } from "./random.ts";

export const DIMENSIONS = 384;
const CLUSTER_ROWS = 100;
/** Of a number, times the root of the dimensions: the noise is as long as the centre, so two rows of a cluster have a cosine of about 0.5. */
const NOISE = 1;
const DIGITS = 1e7;

/**
 * Vectors in clusters of about a hundred: a centre, drawn from the normal distribution and brought to unit length, and for each row
 * noise of 1.0/√d a number, brought to unit length again. The ten nearest to a query are so among a hundred that are nearly as near,
 * and the rest is far: as with embeddings of texts, and harder than numbers without order, of which any ten would do.
 */
export class Clusters {
  readonly rows: number;
  /** One row after the other. */
  readonly matrix: Float32Array;
  readonly #centres: Float32Array;

  constructor(rows: number) {
    this.rows = rows;
    const count = Math.max(1, Math.round(rows / CLUSTER_ROWS));
    const centre = seeded(1);
    this.#centres = new Float32Array(count * DIMENSIONS);
    for (let i = 0; i < count; i++) normalize(this.#centres.subarray(i * DIMENSIONS, (i + 1) * DIMENSIONS).map(() => centre.normal()), this.#centres, i * DIMENSIONS);
    this.matrix = new Float32Array(rows * DIMENSIONS);
    for (let row = 0; row < rows; row++) this.#draw(row, this.matrix, row * DIMENSIONS);
  }

  vector(row: number): Float32Array {
    return this.matrix.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS);
  }

  /** One that is no row, from a cluster of its own choice. */
  query(number: number): Float32Array {
    const into = new Float32Array(DIMENSIONS);
    this.#draw(1_000_000_007 + number, into, 0);
    return into;
  }

  #draw(seed: number, into: Float32Array, at: number): void {
    const random = seeded(seed * 2 + 1);
    const centre = random.below(this.#centres.length / DIMENSIONS) * DIMENSIONS;
    const noise = NOISE / Math.sqrt(DIMENSIONS);
    const drawn = new Float32Array(DIMENSIONS);
    for (let i = 0; i < DIMENSIONS; i++) drawn[i] = this.#centres[centre + i]! + noise * random.normal();
    normalize(drawn, into, at);
  }
}

/** As a program would send it: seven digits behind the point, which is about what 32 bits hold. */
export function sent(vector: Float32Array): number[] {
  return Array.from(vector, (value) => Math.round(value * DIGITS) / DIGITS);
}

function normalize(vector: Float32Array, into: Float32Array, at: number): void {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += vector[i]! * vector[i]!;
  const scale = 1 / Math.sqrt(squares);
  for (let i = 0; i < vector.length; i++) into[at + i] = vector[i]! * scale;
}
