import { startsSentence } from "./abbreviations.ts";
import { atCharacter, atSpace, countWords, cutInside, isClause } from "./boundary.ts";

/** Past so many words, or signs, a piece is cut though its sentence goes on. */
export const MOST_WORDS = 30;
const MOST_SIGNS = 300;

/**
 * Cuts a text that comes sign by sign. It decides by what has come and never by when, so the pieces are the same however the text was
 * split on its way.
 */
export class Sentences {
  readonly #out: (sentence: string) => void;
  readonly #early: boolean;
  #text = "";
  /** White space has come that is not in the text yet. */
  #gap = false;
  /** White space at this place ends a sentence if the word behind it begins one. */
  #doubt: number | null = null;
  /** Nothing has been handed out since the beginning. */
  #first = true;

  /** `early`: the first piece may be a clause. */
  constructor(out: (sentence: string) => void, early: boolean) {
    this.#out = out;
    this.#early = early;
  }

  /** Whether something has come and was not handed out. */
  get pending(): boolean {
    return this.#text !== "";
  }

  /** One character, white space aside. */
  sign(sign: string): void {
    if (this.#gap) this.#space(sign);
    else if (atCharacter(this.#text, sign) || (this.#mayBeClause && isClause(this.#text, false))) this.#cut(this.#text.length);
    this.#text += sign;
    if (this.#text.length >= MOST_SIGNS) this.#cut(cutInside(this.#text));
  }

  gap(): void {
    if (this.#gap || this.#text === "") return;
    this.#resolve();
    this.#gap = this.#text !== "";
  }

  /** A sentence ends here, whatever it ends with. */
  stop(): void {
    this.#resolve();
    this.#cut(this.#text.length);
  }

  /** The text ends here, and another may begin. */
  end(): void {
    this.stop();
    this.#first = true;
  }

  /** Between the text and the next word. */
  #space(next: string): void {
    this.#gap = false;
    const verdict = atSpace(this.#text, next);
    if (verdict === "ends" || (this.#mayBeClause && isClause(this.#text, true))) return this.#cut(this.#text.length);
    if (verdict === "ask the next word") this.#doubt = this.#text.length;
    this.#text += " ";
    if (countWords(this.#text) > MOST_WORDS) this.#cut(cutInside(this.#text));
  }

  /** The word behind a doubtful place is whole now. */
  #resolve(): void {
    if (this.#doubt === null) return;
    const [before, after] = [this.#text.slice(0, this.#doubt), this.#text.slice(this.#doubt + 1)];
    const word = before.slice(before.lastIndexOf(" ") + 1).replace(/\.[^.]*$/, "");
    if (startsSentence(word, after)) this.#cut(this.#doubt);
    this.#doubt = null;
  }

  get #mayBeClause(): boolean {
    return this.#early && this.#first;
  }

  #cut(at: number): void {
    const piece = this.#text.slice(0, at).trim();
    this.#text = this.#text.slice(at).trimStart();
    this.#doubt = null;
    this.#gap = false;
    // Signs alone say nothing.
    if (!/[\p{L}\p{N}]/u.test(piece)) return;
    this.#first = false;
    this.#out(piece);
  }
}
