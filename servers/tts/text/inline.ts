/** Where what is to be said goes, character by character. */
export interface Spoken {
  /** One character, white space aside. */
  sign(sign: string): void;
  gap(): void;
  /** What comes now is no part of the sentence before. */
  stop(): void;
}

const EMOJI = /^(?:\p{Emoji_Presentation}|[\u{1F1E6}-\u{1F1FF}]|(?![©®™‼⁉↔-↪])\p{Extended_Pictographic}|[\u{1F3FB}-\u{1F3FF}])$/u;
/** Choose how the sign before is drawn. */
const DRAWN = /^(?:\u{FE0E}|\u{FE0F}|\u{20E3})$/u;
const JOINER = "\u{200D}";
const WORD = /[\p{L}\p{N}]/u;
const HIDDEN = /^(?:\^[^\]]*|[ xX]?)$/u;
const TAG = /^<(?:\/?[a-z][a-z0-9-]*(?:\s[^<>]*)?\/?|!--[^]*--)>$/i;
/** A mark that is not closed within so many characters is none. */
const MOST_HELD = 400;
const MOST_ADDRESS = 2000;

/** What has begun and may turn out to be markup. */
type Held =
  | { readonly kind: "escape" | "bang" }
  | { readonly kind: "run"; readonly sign: string; text: string; readonly before: string }
  | { readonly kind: "bracket"; text: string; depth: number; readonly before: string; readonly atStart: boolean }
  | { readonly kind: "label"; readonly inner: string; readonly before: string; readonly atStart: boolean }
  | { readonly kind: "address"; readonly inner: string; text: string; depth: number; readonly close: string }
  | { readonly kind: "angle"; text: string }
  | { readonly kind: "rest of line" };

/** Takes the markup out of a line: emphasis, code, links, tags and emoji. One character at a time, so that it can be spoken as it comes. */
export class Inline {
  readonly #out: Spoken;
  #held: Held | null = null;
  /** The number of backticks that code was begun with; 0 outside of it. */
  #code = 0;
  /** The character before, markup included; empty at the beginning of a line. */
  #before = "";
  /** An emoji has gone, and keeps the words beside it apart. */
  #apart = false;

  constructor(out: Spoken) {
    this.#out = out;
  }

  /** Whether something is held back. */
  get pending(): boolean {
    return this.#held !== null && this.#held.kind !== "rest of line";
  }

  take(sign: string): void {
    const held = this.#held;
    if (held === null) this.#plain(sign);
    else if (!this.#hold(held, sign)) this.take(sign);
    this.#before = sign;
  }

  /** The line has ended: what is not closed by now is none. */
  end(): void {
    this.release();
    this.#code = 0;
    this.#before = "";
  }

  /** Lets out what was held back. */
  release(): void {
    const held = this.#held;
    this.#held = null;
    switch (held?.kind) {
      case "escape":
        return this.#emit("\\");
      case "bang":
        return this.#emit("!");
      case "run":
        return this.#runEnds(held, "");
      case "bracket":
      case "angle":
        return this.#emit(held.text);
      case "label":
        return this.#labelled(held);
      case "address":
        return this.#emit(`${held.inner}${held.text}`);
      case "rest of line":
      case undefined:
    }
  }

  #plain(sign: string): void {
    if (sign === "`") this.#held = { kind: "run", sign, text: sign, before: this.#before };
    else if (this.#code > 0) this.#emit(sign);
    else if (sign === "\\") this.#held = { kind: "escape" };
    else if (sign === "!") this.#held = { kind: "bang" };
    else if (sign === "*" || sign === "_" || sign === "~") this.#held = { kind: "run", sign, text: sign, before: this.#before };
    else if (sign === "[") this.#held = { kind: "bracket", text: "[", depth: 1, before: this.#before, atStart: this.#before === "" };
    else if (sign === "<") this.#held = { kind: "angle", text: "<" };
    else this.#emit(sign);
  }

  /** False: the sign is no part of what is held, which has been dealt with. */
  #hold(held: Held, sign: string): boolean {
    switch (held.kind) {
      case "escape":
        this.#held = null;
        this.#emit(/[!-/:-@[-`{-~]/.test(sign) ? sign : `\\${sign}`);
        return true;
      case "bang":
        this.#held = null;
        if (sign !== "[") this.#emit("!");
        return false;
      case "run":
        if (sign === held.sign && held.text.length < MOST_HELD) return ((held.text += sign), true);
        this.#held = null;
        this.#runEnds(held, sign);
        return false;
      case "bracket":
        return this.#inBracket(held, sign);
      case "label":
        return this.#afterBracket(held, sign);
      case "address":
        return this.#inAddress(held, sign);
      case "angle":
        return this.#inAngle(held, sign);
      case "rest of line":
        return true;
    }
  }

  #runEnds({ sign, text, before }: Held & { kind: "run" }, after: string): void {
    if (sign === "`") {
      if (this.#code === 0) this.#code = text.length;
      else if (this.#code === text.length) this.#code = 0;
      return;
    }
    const alone = (before === "" || /\s/.test(before)) && (after === "" || /\s/.test(after));
    const inside = sign === "_" ? WORD.test(before) && WORD.test(after) : sign === "*" && /\d/.test(before) && /\d/.test(after);
    if (alone || inside || (sign === "~" && text.length === 1)) this.#emit(text);
  }

  #inBracket(held: Held & { kind: "bracket" }, sign: string): boolean {
    held.text += sign;
    if (sign === "[") held.depth++;
    if (sign === "]") held.depth--;
    if (held.depth === 0) this.#held = { kind: "label", inner: held.text.slice(1, -1), before: held.before, atStart: held.atStart };
    else if (held.text.length > MOST_HELD) this.release();
    return true;
  }

  #afterBracket(held: Held & { kind: "label" }, sign: string): boolean {
    const { inner } = held;
    if (sign === "(" || sign === "[") {
      this.#held = { kind: "address", inner, text: sign, depth: 1, close: sign === "(" ? ")" : "]" };
      return true;
    }
    if (sign === ":" && held.atStart && !inner.includes(" ")) {
      this.#held = { kind: "rest of line" };
      return true;
    }
    this.#held = null;
    this.#labelled(held);
    return false;
  }

  /** Brackets with no address behind them. */
  #labelled({ inner, before }: Held & { kind: "label" }): void {
    const cites = /^\d{1,3}$/.test(inner) && before !== "" && !/\s/.test(before);
    if (!HIDDEN.test(inner) && !cites) this.#emit(`[${inner}]`);
  }

  #inAddress(held: Held & { kind: "address" }, sign: string): boolean {
    held.text += sign;
    if (sign === held.text[0]) held.depth++;
    if (sign === held.close) held.depth--;
    if (held.depth === 0) {
      this.#held = null;
      this.#nested(held.inner);
    } else if (held.text.length > MOST_ADDRESS) this.release();
    return true;
  }

  #inAngle(held: Held & { kind: "angle" }, sign: string): boolean {
    if (held.text === "<" && !/[a-z/!]/i.test(sign)) {
      this.#held = null;
      this.#emit("<");
      return false;
    }
    held.text += sign;
    if (sign === ">") {
      this.#held = null;
      if (!TAG.test(held.text)) this.#emit(/^<\S+[:@]\S+>$/.test(held.text) ? held.text.slice(1, -1) : held.text);
      else if (/^<br/i.test(held.text)) this.#out.gap();
    } else if (held.text.length > MOST_HELD) this.release();
    return true;
  }

  /** The text of a link is a line of its own kind. */
  #nested(text: string): void {
    const inner = new Inline(this.#out);
    for (const sign of text) inner.take(sign);
    inner.end();
  }

  #emit(text: string): void {
    for (const sign of text) {
      if (DRAWN.test(sign) || (this.#apart && sign === JOINER)) continue;
      if (EMOJI.test(sign)) {
        this.#apart = true;
        continue;
      }
      if (/\s/u.test(sign) || (this.#apart && WORD.test(sign))) this.#out.gap();
      if (!/\s/u.test(sign)) this.#out.sign(sign);
      this.#apart = false;
    }
  }
}
