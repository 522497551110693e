import { Markdown } from "./text/markdown.ts";
import { Sentences } from "./text/sentences.ts";

export interface ChunkerOptions {
  /** The first piece of a text may be a clause, so that sound starts early; true by default. */
  readonly early?: boolean;
}

/**
 * Cuts a text that comes bit by bit into what is spoken in one go: sentences, as a rule. What is only there to be looked at (the signs
 * of Markdown, code in fences, emoji) is left out. The pieces are the same however the text was split on its way, as long as it is
 * flushed at the same places.
 */
export class Chunker {
  readonly #sentences: Sentences;
  readonly #markdown: Markdown;
  #out: string[] = [];
  /** The first half of a character that was split. */
  #half = "";

  constructor({ early = true }: ChunkerOptions = {}) {
    this.#sentences = new Sentences((sentence) => this.#out.push(aloud(sentence)), early);
    this.#markdown = new Markdown(this.#sentences);
  }

  /** Whether there is text that has come and was not handed out. */
  get pending(): boolean {
    return this.#sentences.pending || this.#markdown.pending;
  }

  push(text: string): string[] {
    const whole = this.#half + text;
    const split = /[\uD800-\uDBFF]$/.test(whole);
    this.#half = split ? whole.slice(-1) : "";
    for (const sign of split ? whole.slice(0, -1) : whole) this.#markdown.take(sign);
    return this.#given();
  }

  /** Hands out the rest: the text ends here, or `goesOn` after a while. */
  flush({ goesOn = false }: { readonly goesOn?: boolean } = {}): string[] {
    if (goesOn) this.#markdown.release();
    else this.#markdown.end();
    if (!goesOn) this.#half = "";
    this.#sentences.end();
    return this.#given();
  }

  #given(): string[] {
    const given = this.#out;
    this.#out = [];
    return given;
  }
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };

/** As it is said: an address without its scheme, signs instead of their names in HTML, and no space where an emoji was before a full stop. */
function aloud(sentence: string): string {
  return sentence
    .replaceAll(/ +(?=[.!?,;:…]+(?:\s|$))/g, "")
    .replaceAll(/\bhttps?:\/\/(?:www\.)?/gi, "")
    .replaceAll(/&(amp|lt|gt|quot|apos|nbsp);/g, (_, name: string) => ENTITIES[name]!);
}
