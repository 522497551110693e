/**
 * What is certain of an utterance, in pieces that are sent once: of a text that grows the words in which two guesses, one after the other,
 * agree; at the end the rest. Together they are the utterance, unless what was certain turned out otherwise.
 */
export class Tokens {
  #sent: string[] = [];
  #last: string[] = [];

  /** The utterance so far, to the next piece; null while nothing more is certain. */
  partial(text: string): string | null {
    const words = wordsOf(text);
    const certain = common(this.#last, words);
    this.#last = words;
    return this.#send(words.slice(0, certain));
  }

  /** The whole utterance, to the last piece; the next one is another's. */
  end(text: string): string | null {
    const last = this.#send(wordsOf(text));
    this.#sent = [];
    this.#last = [];
    return last;
  }

  /** Words that were sent cannot be taken back, so what follows goes on after as many. */
  #send(words: readonly string[]): string | null {
    const more = words.slice(this.#sent.length);
    if (more.length === 0) return null;
    const piece = `${this.#sent.length === 0 ? "" : " "}${more.join(" ")}`;
    this.#sent.push(...more);
    return piece;
  }
}

const wordsOf = (text: string): string[] => text.split(" ").filter((word) => word !== "");

function common(a: readonly string[], b: readonly string[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
