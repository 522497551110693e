import { type Look, type MarkdownStyle, paintOf, type Span } from "./look.ts";
import { endOfCode, endOfEmphasis, isSpace, sidesOf } from "./marks.ts";

/**
 * The text of a paragraph as it comes, in spans. For the end of what a mark begins is waited so long as it could be near; past that it is
 * taken to come, and ends with the paragraph if it does not. Source: CommonMark §6, GFM strikethrough.
 */
export class Inline {
  readonly #style: MarkdownStyle;
  readonly #base: Look;
  #rest = "";
  /** The character before `#rest`. */
  #before = "\n";
  /** Marks of emphasis that are open, the innermost last. */
  #open: Array<{ readonly mark: string; readonly count: 1 | 2 }> = [];
  #struck = false;
  /** How many backticks end the code that is open; 0: none is. */
  #ticks = 0;
  /** Code that begins with a space ends with one: neither is part of it. */
  #spaced = false;
  #spans: Span[] = [];

  constructor(style: MarkdownStyle, base: Look = {}) {
    this.#style = style;
    this.#base = base;
  }

  /** What is known of the text so far. */
  push(text: string): Span[] {
    this.#rest += text;
    while (this.#rest !== "" && this.#step(false));
    return this.#taken();
  }

  /** The rest of it. */
  end(): Span[] {
    while (this.#rest !== "") this.#step(true);
    return this.#taken();
  }

  /** Takes something off the rest; false when more has to come before it is known what it is. */
  #step(final: boolean): boolean {
    if (this.#ticks > 0) return this.#code(final);
    const char = this.#rest[0] ?? "";
    switch (char) {
      case "\\":
        return this.#escape(final);
      case "`":
        return this.#openCode(final);
      case "*":
      case "_":
        return this.#emphasis(char, final);
      case "~":
        return this.#strike(final);
      case "!":
      case "[":
        return this.#link(final);
      case "<":
        return this.#bracket(final);
      case "&":
        return this.#entity(final);
      default:
        return this.#say(/^[^\\`*_~![<&]+/.exec(this.#rest)?.[0] ?? char);
    }
  }

  #escape(final: boolean): boolean {
    const next = this.#rest[1];
    if (next === undefined && !final) return false;
    if (next === "\n") return this.#skip(1);
    if (next === undefined || !/[!-/:-@[-`{-~]/.test(next)) return this.#say("\\");
    this.#skip(1);
    return this.#say(next);
  }

  #openCode(final: boolean): boolean {
    const [ticks = ""] = /^`+/.exec(this.#rest) ?? [];
    const after = this.#rest.slice(ticks.length);
    const next = after[0];
    if (next === undefined && !final) return false;
    const isClosed = endOfCode(after, ticks.length, final);
    if (isClosed === null) return false;
    if (!isClosed) return this.#say(ticks);
    this.#mark(ticks);
    this.#ticks = ticks.length;
    this.#spaced = this.#style.coloured && next === " ";
    if (this.#spaced) this.#skip(1);
    return true;
  }

  #code(final: boolean): boolean {
    const [inside = "", ticks = ""] = /^[^`]*(`*)/.exec(this.#rest) ?? [];
    const text = inside.slice(0, inside.length - ticks.length);
    const isKnown = inside.length < this.#rest.length || final;
    if (isKnown && ticks.length === this.#ticks) {
      this.#say(this.#spaced && text.endsWith(" ") ? text.slice(0, -1) : text);
      if (this.#spaced && text.endsWith(" ")) this.#skip(1);
      this.#mark(ticks);
      this.#ticks = 0;
      return true;
    }
    if (isKnown) return this.#say(inside);
    // Backticks may go on, and a space before them may not be part of the code.
    return this.#say(this.#spaced ? text.replace(/ $/, "") : text) && false;
  }

  #emphasis(mark: string, final: boolean): boolean {
    const [run = ""] = (mark === "*" ? /^\*+/ : /^_+/).exec(this.#rest) ?? [];
    const after = this.#rest.slice(run.length);
    if (after === "" && !final) return false;
    if (!this.#style.coloured) return this.#say(run);
    const { opens, closes } = sidesOf(mark, run.length, this.#before, /^./su.exec(after)?.[0] ?? "\n");
    const open = [...this.#open];
    let count = run.length;
    for (;;) {
      const at = closes && count > 0 ? open.findLastIndex((one) => one.mark === mark && one.count <= count) : -1;
      if (at === -1) break;
      count -= open[at]?.count ?? 0;
      open.length = at;
    }
    const begins = count > 0 && count <= 3 && opens ? endOfEmphasis(after, mark, count, final) : false;
    if (begins === null) return false;
    this.#open = open;
    if (!begins) this.#emit(mark.repeat(count));
    else {
      if (count >= 2) this.#open.push({ mark, count: 2 });
      if (count !== 2) this.#open.push({ mark, count: 1 });
    }
    return this.#skip(run.length);
  }

  #strike(final: boolean): boolean {
    const [run = ""] = /^~+/.exec(this.#rest) ?? [];
    const after = this.#rest.slice(run.length);
    if (after === "" && !final) return false;
    const isMark = run.length === 2 && (this.#struck ? !isSpace(this.#before) : !isSpace(after[0] ?? "\n"));
    if (!isMark) return this.#say(run);
    this.#mark(run);
    this.#struck = !this.#struck;
    return true;
  }

  /** A link is its text and, if that says something else, its address; an image the same. */
  #link(final: boolean): boolean {
    const [whole = "", text = "", target = ""] = LINK.exec(this.#rest) ?? [];
    if (whole === "") {
      if (!final && LINK_SO_FAR.test(this.#rest)) return false;
      return this.#say(this.#rest[0] ?? "");
    }
    const address = target.trim().replace(/\s+["'].*$/, "").replace(/^<(.*)>$/, "$1");
    const spans = new Inline(this.#style, { ...this.#look, underlined: true });
    const shown = [...spans.push(text), ...spans.end()];
    this.#spans.push(...shown);
    const said = shown.map((span) => span.text).join("");
    if (said === "") this.#emit(address);
    else if (address !== "" && address !== said && address !== `mailto:${said}`) {
      this.#emit(" ");
      this.#emit(`(${address})`, { faint: true });
    }
    return this.#skip(whole.length);
  }

  /** An address, or a line break in HTML; anything else in angle brackets is text. */
  #bracket(final: boolean): boolean {
    const [whole = "", address] = BRACKET.exec(this.#rest) ?? [];
    if (whole !== "") {
      this.#emit(address ?? "\n", address === undefined ? {} : { underlined: true });
      return this.#skip(whole.length);
    }
    if (!final && BRACKET_SO_FAR.test(this.#rest)) return false;
    return this.#say("<");
  }

  #entity(final: boolean): boolean {
    const [whole = "", name = ""] = /^&([a-z]{2,4}|#39);/.exec(this.#rest) ?? [];
    const char = ENTITIES[name];
    if (char !== undefined) {
      this.#emit(char);
      return this.#skip(whole.length);
    }
    if (!final && /^&(?:[a-z]{0,4}|#3?9?)$/.test(this.#rest)) return false;
    return this.#say("&");
  }

  get #look(): Look {
    const has = (count: number): boolean => this.#open.some((one) => one.count === count);
    return { ...this.#base, ...(has(2) ? { bold: true } : {}), ...(has(1) ? { italic: true } : {}), ...(this.#struck ? { struck: true } : {}), ...(this.#ticks > 0 ? { code: true } : {}) };
  }

  /** A mark is seen only where nothing else shows what it does. */
  #mark(mark: string): void {
    if (!this.#style.coloured) this.#emit(mark);
    this.#skip(mark.length);
  }

  #say(text: string): boolean {
    this.#emit(text);
    return this.#skip(text.length);
  }

  #emit(text: string, more: Look = {}): void {
    if (text !== "") this.#spans.push({ text, paint: this.#style.coloured ? paintOf({ ...this.#look, ...more }) : "" });
  }

  #skip(length: number): true {
    if (length > 0) this.#before = /.$/su.exec(this.#rest.slice(Math.max(0, length - 2), length))?.[0] ?? "";
    this.#rest = this.#rest.slice(length);
    return true;
  }

  #taken(): Span[] {
    const spans = this.#spans;
    this.#spans = [];
    return spans;
  }
}

/** Neither a text nor an address is looked for without end. */
const TEXT = String.raw`(?:[^[\]\n\\]|\\[^\n]){0,300}`;
const TARGET = String.raw`(?:[^()\n]|\([^()\n]*\)){0,2000}`;
const LINK = new RegExp(String.raw`^!?\[(${TEXT})\]\((${TARGET})\)`);
const LINK_SO_FAR = new RegExp(String.raw`^!?(?:\[${TEXT}(?:\\|\](?:\(${TARGET}(?:\([^()\n]*)?)?)?)?$`);
const BRACKET = /^<(?:((?:https?|mailto):[^\s<>]{1,2000})|br ?\/?)>/;
const BRACKET_SO_FAR = /^<(?:[a-z]{0,6}|(?:https?|mailto):[^\s<>]{0,2000}|br ?\/?)$/;
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: "\u00a0", "#39": "'" };
