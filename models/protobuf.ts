import type { FileHandle } from "node:fs/promises";

/** A field of a message in a file. `value` is a number's, `start` and `end` are where the content of one with a length lies. */
export interface Field {
  readonly number: number;
  readonly wire: Wire;
  readonly value: number;
  readonly start: number;
  readonly end: number;
}
/** A number, eight bytes, what has a length, four bytes. Source: protobuf.dev/programming-guides/encoding */
export type Wire = 0 | 1 | 2 | 5;

/** What was read is no message, or not all of one. `expected` is where it should have ended, when it said so. */
export class ProtobufError extends Error {
  readonly at: number;
  readonly expected: number | null;

  constructor(reason: string, at: number, expected: number | null = null) {
    super(reason);
    this.at = at;
    this.expected = expected;
  }
}

/** Reads messages in a file field by field, and of what has a length only what is asked for: a model has gigabytes. */
export class ProtobufFile {
  readonly #file: FileHandle;
  readonly size: number;
  readonly #window = Buffer.alloc(WINDOW);
  #from = 0;
  #filled = 0;

  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.size = size;
  }

  /** The fields of the message that lies there. @throws ProtobufError */
  async *fields(start = 0, end = this.size): AsyncGenerator<Field, void, undefined> {
    for (let at = start; at < end; ) {
      const tag = await this.#varint(at, end);
      const number = Math.floor(tag.value / 8);
      const wire = tag.value % 8;
      if (number === 0 || !isWire(wire)) throw new ProtobufError(`a field has the number ${number} and the type ${wire}, which there is none of`, at);
      if (wire === 0) {
        const { value, next } = await this.#varint(tag.next, end);
        yield { number, wire, value, start: tag.next, end: next };
        at = next;
        continue;
      }
      const length = wire === 2 ? await this.#varint(tag.next, end) : { value: wire === 1 ? 8 : 4, next: tag.next };
      const next = length.next + length.value;
      if (next > end) throw new ProtobufError(`a field of ${length.value} bytes has ${end - length.next} left`, at, next);
      yield { number, wire, value: length.value, start: length.next, end: next };
      at = next;
    }
  }

  /** The content of a field that has a length; of one that is longer than `most`, its beginning. */
  async text({ start, end }: Field, most = 1 << 20): Promise<string> {
    return (await this.bytes(start, Math.min(end, start + most))).toString("utf8");
  }

  async bytes(start: number, end: number): Promise<Buffer> {
    const bytes = Buffer.alloc(end - start);
    const { bytesRead } = await this.#file.read(bytes, 0, bytes.length, start);
    return bytes.subarray(0, bytesRead);
  }

  /** Numbers beyond 2^53 lose digits; no length and no number that is looked at is that large. */
  async #varint(at: number, end: number): Promise<{ readonly value: number; readonly next: number }> {
    const filled = this.#from + this.#filled;
    if (at < this.#from || at >= filled || (at + LONGEST_VARINT > filled && filled < this.size)) await this.#fill(at);
    let value = 0;
    for (let i = 0; i < LONGEST_VARINT; i++) {
      if (at + i >= end || at + i >= this.#from + this.#filled) throw new ProtobufError("it ends in the middle of a field", at);
      const byte = this.#window[at + i - this.#from]!;
      value += (byte & 127) * 2 ** (7 * i);
      if (byte < 128) return { value, next: at + i + 1 };
    }
    throw new ProtobufError("a number has more than ten bytes", at);
  }

  async #fill(at: number): Promise<void> {
    const { bytesRead } = await this.#file.read(this.#window, 0, this.#window.length, at);
    this.#from = at;
    this.#filled = bytesRead;
  }
}

const WINDOW = 1 << 15;
const LONGEST_VARINT = 10;

function isWire(wire: number): wire is Wire {
  return wire === 0 || wire === 1 || wire === 2 || wire === 5;
}
