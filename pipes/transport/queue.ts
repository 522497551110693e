/** Messages that wait to be written, given out in pieces that need not end where a message does. */
export class ByteQueue {
  #messages: Buffer[] = [];
  /** How much of the first message has been dropped already. */
  #offset = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** The bytes behind the first message. */
  get behind(): number {
    const first = this.#messages[0];
    return first === undefined ? 0 : this.#bytes - (first.length - this.#offset);
  }

  push(message: Buffer): void {
    this.#messages.push(message);
    this.#bytes += message.length;
  }

  /** Up to `most` bytes from the front, which stay in the queue until `drop`. */
  peek(most: number): Buffer {
    const parts: Buffer[] = [];
    let room = most;
    for (let at = 0; at < this.#messages.length && room > 0; at++) {
      const from = at === 0 ? this.#offset : 0;
      const part = (this.#messages[at] as Buffer).subarray(from, from + room);
      parts.push(part);
      room -= part.length;
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  /** The same, but nothing of the second message. */
  first(most: number): Buffer {
    const message = this.#messages[0];
    return message === undefined ? Buffer.alloc(0) : message.subarray(this.#offset, this.#offset + most);
  }

  drop(bytes: number): void {
    this.#bytes -= bytes;
    let left = this.#offset + bytes;
    let whole = 0;
    for (let first = this.#messages[whole]; first !== undefined && left >= first.length; first = this.#messages[whole]) {
      left -= first.length;
      whole += 1;
    }
    this.#messages.splice(0, whole);
    this.#offset = left;
  }

  clear(): void {
    this.#messages = [];
    this.#offset = 0;
    this.#bytes = 0;
  }
}
