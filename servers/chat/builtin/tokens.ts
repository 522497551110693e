/** The tokens of a vocabulary under construction; no two are spelled alike, which llama.cpp would answer with an abort. */
export class TokenTable {
  readonly texts: string[] = [];
  readonly types: number[] = [];
  readonly #ids = new Map<string, number>();
  readonly #claimed = new Set<number>();

  add(text: string, type = 1): number {
    if (this.#ids.has(text)) throw new Error(`the token ${JSON.stringify(text)} is there twice`);
    this.texts.push(text);
    this.types.push(type);
    this.#ids.set(text, this.texts.length - 1);
    return this.texts.length - 1;
  }

  has(plain: string): boolean {
    return this.#ids.has(printable(Buffer.from(plain)));
  }

  /** A new token for a piece of plain text. */
  claim(plain: string): number {
    return this.add(printable(Buffer.from(plain)));
  }

  byte(byte: number): number {
    return this.#ids.get(printable(Buffer.of(byte)))!;
  }

  /** The byte's own token, for one reply only. */
  claimByte(byte: number): number {
    const id = this.byte(byte);
    if (this.#claimed.has(id)) throw new Error(`the byte ${byte} is in two replies`);
    this.#claimed.add(id);
    return id;
  }

  /** The plain text of a token that `claim` made. */
  textOf(id: number): string {
    return Buffer.from(Array.from(this.texts[id]!, (char) => BYTES.get(char)!)).toString("utf8");
  }
}

/** GPT-2's spelling of bytes: printable ones stand for themselves, the others for the characters from U+0100 on. */
export function printable(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => CHARACTERS[byte]).join("");
}

const CHARACTERS: readonly string[] = (() => {
  let next = 256;
  const stands = (byte: number): boolean => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(stands(byte) ? byte : next++));
})();
const BYTES: ReadonlyMap<string, number> = new Map(CHARACTERS.map((char, byte) => [char, byte]));
