import { closeSync, constants, fstatSync, openSync, readSync, statSync } from "node:fs";

/** So many bytes before the place tell it from every other: lines have their time in them. */
const MARK_BYTES = 256;
/** How often a log may be put aside under one reading of it. */
const ATTEMPTS = 5;
const LINE_END = 0x0a;

interface Place {
  /** 0 is the log itself, 1 the newest that was put aside. */
  readonly file: number;
  readonly offset: number;
}

/**
 * How far a log has been read. Whoever writes and rotates it, this process or another: what was added since comes once and in order.
 * A rotation (daemon/logs/rotate.ts) copies the log to PATH.1 and takes the front of the log away, or all of it; where that has left
 * the place is told by the bytes before it.
 */
export class Bookmark {
  readonly #path: string;
  #offset: number;
  #mark: Buffer;
  #aside: string | null;

  /** At the end of the log as it is, unless `offset` says where. */
  constructor(path: string, offset?: number) {
    this.#path = path;
    this.#offset = offset ?? sizeOf(path);
    this.#mark = readRange(path, Math.max(0, this.#offset - MARK_BYTES), this.#offset);
    this.#aside = identityOf(`${path}.1`);
  }

  get offset(): number {
    return this.#offset;
  }

  /** Whether the log is still what it was up to here. */
  get holds(): boolean {
    return this.#matches(this.#path, this.#offset) && identityOf(`${this.#path}.1`) === this.#aside;
  }

  /** What there is beyond it, and moves behind that. Reads at one go. */
  take(): Buffer {
    for (let attempt = 1; ; attempt++) {
      const before = identityOf(this.#nth(1));
      const { bytes, offset, known } = this.#read();
      const mark = readRange(this.#path, Math.max(0, offset - MARK_BYTES), offset);
      const sure = Math.min(mark.length, known.length);
      const settled = identityOf(this.#nth(1)) === before && mark.length === Math.min(MARK_BYTES, offset) && mark.subarray(mark.length - sure).equals(known.subarray(known.length - sure));
      if (!settled && attempt < ATTEMPTS) continue;
      this.#offset = offset;
      this.#mark = mark;
      this.#aside = before;
      return bytes;
    }
  }

  /** `known` is what the log has to have before `offset`. */
  #read(): { bytes: Buffer; offset: number; known: Buffer } {
    let { file, offset } = this.#where();
    let before = file === 0 && offset === this.#offset ? this.#mark : Buffer.alloc(0);
    const pieces: Buffer[] = [];
    for (; ; file--) {
      const piece = readRange(this.#nth(file), offset);
      pieces.push(piece);
      offset += piece.length;
      if (file === 0) return { bytes: Buffer.concat(pieces), offset, known: Buffer.concat([before, piece]) };
      offset = this.#afterEnd(file, offset);
      before = Buffer.alloc(0);
    }
  }

  /** Where the place is now. */
  #where(): Place {
    const isWeak = this.#mark.every((byte) => byte === LINE_END);
    if (isWeak) return this.#byIdentity();
    if (this.#matches(this.#path, this.#offset)) return { file: 0, offset: this.#offset };
    for (let n = 1; identityOf(this.#nth(n)) !== null; n++) {
      if (this.#matches(this.#nth(n), this.#offset)) return { file: n, offset: this.#offset };
      // It had been read further than it was put aside: the rest is in front of what is left.
      const edge = sizeOf(this.#nth(n));
      for (const gone of this.#gonesOf(edge)) {
        const known = Math.min(this.#mark.length, this.#offset - edge);
        const mark = this.#mark.subarray(this.#mark.length - known);
        if (known > 0 && readRange(this.#nth(n - 1), this.#offset - gone - known, this.#offset - gone).equals(mark)) return { file: n - 1, offset: this.#offset - gone };
      }
    }
    return { file: 0, offset: 0 }; // cut without being put aside (`keep: 0`, or by hand)
  }

  /** At the beginning of a log, where no bytes tell. */
  #byIdentity(): Place {
    let fresh = 0;
    while (identityOf(this.#nth(fresh + 1)) !== null && identityOf(this.#nth(fresh + 1)) !== this.#aside) fresh++;
    return { file: fresh, offset: sizeOf(this.#nth(fresh)) < this.#offset ? 0 : this.#offset };
  }

  /** Where it goes on behind the end of the file put aside as number `n`, in the one before it. The rotation may be under way. */
  #afterEnd(n: number, end: number): number {
    const [aside, next] = [this.#nth(n), this.#nth(n - 1)];
    const tail = readRange(aside, Math.max(0, end - MARK_BYTES), end);
    if (n === 1 && readRange(next, end - tail.length, end).equals(tail)) return end; // not cut yet
    const [gone = 0] = this.#gonesOf(end);
    const front = readRange(next, 0, end - gone);
    const isSame = gone > 0 && front.equals(readRange(aside, gone, end));
    const isBlank = front.length === end - gone && front.every((byte) => byte === LINE_END);
    return isSame || isBlank ? front.length : 0;
  }

  /** How many bytes may have been taken from the front when so many were put aside: whole blocks. */
  #gonesOf(aside: number): number[] {
    const block = statSync(this.#path, { throwIfNoEntry: false })?.blksize ?? 4096;
    return [...new Set([Math.floor((aside - 1) / block) * block, Math.floor(aside / block) * block])].filter((gone) => gone > 0);
  }

  #matches(path: string, offset: number): boolean {
    return sizeOf(path) >= offset && readRange(path, offset - this.#mark.length, offset).equals(this.#mark);
  }

  #nth(n: number): string {
    return n === 0 ? this.#path : `${this.#path}.${n}`;
  }
}

/** Of a file put aside; renaming does not change it. */
export function identityOf(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? null : `${found.ino}:${found.birthtimeNs}`;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function readRange(path: string, from: number, to = Infinity): Buffer {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
  try {
    const buffer = Buffer.alloc(Math.max(0, Math.min(to, fstatSync(fd).size) - Math.max(0, from)));
    return buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, Math.max(0, from)));
  } finally {
    closeSync(fd);
  }
}
