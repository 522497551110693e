/** A set of rows, a bit each. */
export class RowSet {
  #words: Uint32Array;
  #size = 0;

  constructor(capacity = 4096) {
    this.#words = new Uint32Array(Math.ceil(capacity / 32));
  }

  static of(rows: Iterable<number>): RowSet {
    const set = new RowSet();
    for (const row of rows) set.add(row);
    return set;
  }

  /** How many rows it has. */
  get size(): number {
    return this.#size;
  }

  /** One past the last row that it could have without growing. */
  get capacity(): number {
    return this.#words.length * 32;
  }

  has(row: number): boolean {
    return ((this.#words[row >>> 5] ?? 0) & (1 << (row & 31))) !== 0;
  }

  add(row: number): void {
    if (this.has(row)) return;
    if (row >= this.capacity) this.#widen(row + 1);
    this.#words[row >>> 5]! |= 1 << (row & 31);
    this.#size++;
  }

  delete(row: number): void {
    if (!this.has(row)) return;
    this.#words[row >>> 5]! &= ~(1 << (row & 31));
    this.#size--;
  }

  /** What is in both. */
  and(other: RowSet): RowSet {
    return this.#joined(other, (a, b) => a & b);
  }

  /** What is in either. */
  or(other: RowSet): RowSet {
    return this.#joined(other, (a, b) => a | b);
  }

  /** What is in this one and not in the other. */
  without(other: RowSet): RowSet {
    return this.#joined(other, (a, b) => a & ~b);
  }

  /** The lowest row from `from` on that it has not. */
  firstGap(from: number): number {
    let row = from;
    while (this.has(row)) row = (row & 31) === 0 && this.#words[row >>> 5] === 0xffff_ffff ? row + 32 : row + 1;
    return row;
  }

  /** Its words from the given one on; false, and nothing copied, when they are all empty. */
  copyTo(words: Uint32Array, from: number): boolean {
    let any = 0;
    for (let i = 0; i < words.length; i++) any |= this.#words[from + i] ?? 0;
    if (any === 0) return false;
    for (let i = 0; i < words.length; i++) words[i] = this.#words[from + i] ?? 0;
    return true;
  }

  *[Symbol.iterator](): Generator<number> {
    for (const [index, word] of this.#words.entries()) {
      for (let bits = word; bits !== 0; bits &= bits - 1) yield index * 32 + (31 - Math.clz32(bits & -bits));
    }
  }

  #joined(other: RowSet, join: (a: number, b: number) => number): RowSet {
    const joined = new RowSet(Math.max(this.capacity, other.capacity));
    for (let i = 0; i < joined.#words.length; i++) {
      const word = join(this.#words[i] ?? 0, other.#words[i] ?? 0) >>> 0;
      joined.#words[i] = word;
      joined.#size += bitsIn(word);
    }
    return joined;
  }

  #widen(capacity: number): void {
    const words = new Uint32Array(Math.max(Math.ceil(capacity / 32), Math.ceil(this.#words.length * 1.5)));
    words.set(this.#words);
    this.#words = words;
  }
}

/** Source: Hacker's Delight, 5-1. */
function bitsIn(word: number): number {
  let n = word - ((word >>> 1) & 0x5555_5555);
  n = (n & 0x3333_3333) + ((n >>> 2) & 0x3333_3333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
