export interface BlockEvents {
  /** A piece of a block's payload, in order; `word` is what the block begins with, 0 where it begins with its length. */
  piece(bytes: Buffer, word: number): void;
  /** A block without payload: the end of a recording. */
  end(word: number): void;
  /** A length that no block has: the stream is out of step, and what follows cannot be told apart. Nothing is given out any more until `reset`. */
  broken(length: number): void;
}

/** No sender of sound has reason for a longer block, and bytes taken for a length are mostly longer. */
export const MAX_BLOCK_BYTES = 16 * 1024 * 1024;

/**
 * Cuts a byte stream into blocks: `u32 BE length + payload`, or `u32 BE word + u32 BE length + payload`. Bytes come split anywhere, and a
 * payload is given out as it comes, without a copy: a block of any size needs no memory.
 */
export class BlockDecoder {
  readonly #header: Buffer;
  readonly #events: BlockEvents;
  /** Bytes of the header that are there. */
  #have = 0;
  /** Bytes of the payload to come. */
  #left = 0;
  #word = 0;
  #broken = false;

  constructor(header: "length" | "word and length", events: BlockEvents) {
    this.#header = Buffer.alloc(header === "length" ? 4 : 8);
    this.#events = events;
  }

  /** `chunk` must not be reused by the caller. */
  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length && !this.#broken; ) {
      if (this.#left > 0) {
        const end = Math.min(chunk.length, at + this.#left);
        this.#left -= end - at;
        this.#events.piece(chunk.subarray(at, end), this.#word);
        at = end;
        continue;
      }
      const copied = chunk.copy(this.#header, this.#have, at);
      at += copied;
      this.#have += copied;
      if (this.#have === this.#header.length) this.#begin();
    }
  }

  /** In step again: a header comes next. */
  reset(): void {
    this.#have = 0;
    this.#left = 0;
    this.#broken = false;
  }

  #begin(): void {
    const length = this.#header.readUInt32BE(this.#header.length - 4);
    this.#word = this.#header.length === 4 ? 0 : this.#header.readUInt32BE(0);
    this.#have = 0;
    if (length > MAX_BLOCK_BYTES) {
      this.#broken = true;
      this.#events.broken(length);
    } else if (length === 0) this.#events.end(this.#word);
    else this.#left = length;
  }
}

/** The longest payload that goes out as one block; more becomes several. */
const PAYLOAD_BYTES = 64 * 1024;

/** A payload as blocks, copied, so that the caller may reuse it; an empty one is the end of a recording. `word` null: only the length goes before it. */
export function encodeBlocks(payload: Buffer, word: number | null = null): Buffer {
  const header = word === null ? 4 : 8;
  const blocks = Math.max(1, Math.ceil(payload.length / PAYLOAD_BYTES));
  const bytes = Buffer.allocUnsafe(payload.length + blocks * header);
  for (let block = 0, at = 0; block < blocks; block++) {
    const from = block * PAYLOAD_BYTES;
    const length = Math.min(PAYLOAD_BYTES, payload.length - from);
    if (word !== null) at = bytes.writeUInt32BE(word, at);
    at = bytes.writeUInt32BE(length, at);
    at += payload.copy(bytes, at, from, from + length);
  }
  return bytes;
}
