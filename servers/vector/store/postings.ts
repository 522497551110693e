/** In a posting, the row stands above the count. */
const COUNT_BITS = 6;
const MAX_COUNT = 2 ** COUNT_BITS - 1;
/** One past the highest row that a posting can name. */
export const MAX_ROWS = 2 ** (32 - COUNT_BITS);

/** Postings in the order of their rows; there is room behind the last. */
interface List {
  entries: Uint32Array;
  length: number;
}

/**
 * For each term the rows that it stands in, and how often: 4 bytes each. About half of all terms stand in a single row, so those
 * have a number instead of a list.
 */
export class Postings {
  readonly #terms = new Map<number, number | List>();

  /** How many terms there are. */
  get terms(): number {
    return this.#terms.size;
  }

  /** In how many rows a term stands. */
  rowsWith(term: number): number {
    const found = this.#terms.get(term);
    return found === undefined ? 0 : typeof found === "number" ? 1 : found.length;
  }

  /** `count` above 63 counts as 63. A row is added once for each of its terms. */
  add(term: number, row: number, count: number): void {
    const posting = row * 2 ** COUNT_BITS + Math.min(count, MAX_COUNT);
    const found = this.#terms.get(term);
    if (found === undefined) this.#terms.set(term, posting);
    else if (typeof found === "number") this.#terms.set(term, { entries: Uint32Array.of(Math.min(found, posting), Math.max(found, posting)), length: 2 });
    else insert(found, posting);
  }

  remove(term: number, row: number): void {
    const found = this.#terms.get(term);
    if (found === undefined) return;
    if (typeof found === "number") {
      if (rowOf(found) === row) this.#terms.delete(term);
      return;
    }
    const at = placeOf(found, row * 2 ** COUNT_BITS);
    if (at === found.length || rowOf(found.entries[at]!) !== row) return;
    found.entries.copyWithin(at, at + 1, found.length);
    found.length--;
    if (found.length === 1) this.#terms.set(term, found.entries[0]!);
    else if (found.length < found.entries.length / 4) found.entries = found.entries.slice(0, found.length * 2);
  }

  /** The postings of a term, to be read at once; `rowOf` and `countOf` take them apart. */
  of(term: number): Uint32Array {
    const found = this.#terms.get(term);
    if (found === undefined) return NONE;
    return typeof found === "number" ? Uint32Array.of(found) : found.entries.subarray(0, found.length);
  }
}

const NONE = new Uint32Array();

export function rowOf(posting: number): number {
  return posting >>> COUNT_BITS;
}

export function countOf(posting: number): number {
  return posting & MAX_COUNT;
}

function insert(list: List, posting: number): void {
  if (list.length === list.entries.length) {
    const wider = new Uint32Array(Math.ceil(list.length * 1.5) + 1);
    wider.set(list.entries);
    list.entries = wider;
  }
  const at = list.entries[list.length - 1]! < posting ? list.length : placeOf(list, posting);
  list.entries.copyWithin(at + 1, at, list.length);
  list.entries[at] = posting;
  list.length++;
}

/** The first place whose posting is not below this one. */
function placeOf({ entries, length }: List, posting: number): number {
  let low = 0;
  for (let high = length; low < high; ) {
    const middle = (low + high) >>> 1;
    if (entries[middle]! < posting) low = middle + 1;
    else high = middle;
  }
  return low;
}
