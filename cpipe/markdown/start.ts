/** What lines of a block stand in: a quotation, or an item of a list. */
export type Container = { readonly kind: "quote" } | Item;
export interface Item {
  readonly kind: "item";
  /** Columns before its marker and before its text, from the innermost quotation on. */
  readonly marker: number;
  readonly content: number;
  /** `1.`; null where the marker is only a bullet. */
  readonly number: string | null;
  /** Of a task. */
  readonly done: boolean | null;
}

export type Leaf =
  | { readonly kind: "blank" | "rule" | "underline" | "row" | "verbatim" | "text" }
  /** More of the paragraph before. */
  | { readonly kind: "more" }
  | { readonly kind: "heading"; readonly level: number }
  | { readonly kind: "fence"; readonly fence: string; readonly indent: number; readonly info: string };

/** How a line begins. */
export interface LineStart {
  /** How much of the line that is; the text follows. */
  readonly consumed: number;
  /** How many of the containers go on, from the outermost. */
  readonly kept: number;
  readonly opened: readonly Container[];
  readonly leaf: Leaf;
}

/**
 * Reads how a line begins; null when more of it has to come. `whole`: all of it has. `inParagraph`: the line before was text.
 * Source: CommonMark §4, §5; of a nested list less indentation is asked, since models are careless there.
 */
export function lineStart(line: string, whole: boolean, containers: readonly Container[], inParagraph: boolean): LineStart | null {
  const scan = new Scan(line);
  const isOpen = (): boolean => scan.atEnd && !whole;
  const blank = (kept: number, opened: readonly Container[] = []): LineStart => ({ consumed: line.length, kept, opened, leaf: { kind: "blank" } });
  scan.indent();
  if (isOpen()) return null;
  let kept = 0;
  for (; kept < containers.length; kept++) {
    const container = containers[kept] as Container;
    if (container.kind === "quote") {
      if (scan.char !== ">") break;
      scan.quote();
      if (isOpen()) return null;
    } else if (!scan.atEnd && scan.columns < Math.min(container.content, container.marker + 2)) break;
  }
  if (scan.atEnd) return blank(kept);
  const isLoose = containers.slice(kept).every(({ kind }) => kind === "item");
  const inList = containers.slice(0, kept).some(({ kind }) => kind === "item");
  if (!inParagraph && !inList && scan.columns >= 4) return { consumed: scan.within(4), kept, opened: [], leaf: { kind: "verbatim" } };
  const opened: Container[] = [];
  for (;;) {
    if (scan.char === ">") {
      opened.push({ kind: "quote" });
      scan.quote();
    } else {
      if (RULE.test(scan.rest) && whole) return { consumed: line.length, kept, opened, leaf: { kind: "rule" } };
      if (!whole && (RULE_SO_FAR.test(scan.rest) || ITEM_SO_FAR.test(scan.rest))) return null;
      const item = itemAt(scan, inParagraph && opened.length === 0 && !containers.some(isNumbered));
      if (item === null) break;
      if (isOpen() || (!whole && /^\[[ xX]?\]?$/.test(scan.rest))) return null;
      opened.push({ ...item, done: taskAt(scan) });
    }
    if (isOpen()) return null;
    if (scan.atEnd) return blank(kept, opened);
  }
  const leaf = leafAt(scan, whole, inParagraph && opened.length === 0);
  if (leaf === null) return null;
  if (leaf.kind === "more" && !isLoose) return { consumed: scan.at, kept, opened, leaf: { kind: "text" } };
  return { consumed: leaf.kind === "fence" || leaf.kind === "underline" ? line.length : scan.at, kept: leaf.kind === "more" ? containers.length : kept, opened, leaf };
}

/** How a line inside a code block begins: how much of it is not code, or that the block has ended there. Null when more has to come. */
export function codeStart(line: string, whole: boolean, containers: readonly Container[], { fence, indent }: { readonly fence: string; readonly indent: number }): { consumed: number; ends: "no" | "fence" | "quote" } | null {
  const scan = new Scan(line);
  for (const { kind } of containers) {
    if (kind !== "quote") continue;
    scan.indent();
    if (scan.atEnd && !whole) return null;
    if (scan.char !== ">") return { consumed: 0, ends: "quote" };
    scan.mark();
    if (scan.atEnd && !whole) return null;
  }
  if (!whole && CLOSING_SO_FAR.test(scan.rest)) return null;
  const [, closing = ""] = /^[ \t]*(`{3,}|~{3,})[ \t]*$/.exec(scan.rest) ?? [];
  if (closing.startsWith(fence)) return { consumed: line.length, ends: "fence" };
  const from = scan.at;
  scan.indent();
  return { consumed: scan.columns <= indent ? scan.at : scan.within(indent, from), ends: "no" };
}

const RULE = /^([-*_])[ \t]*(?:\1[ \t]*){2,}$/;
const RULE_SO_FAR = /^([-*_])[ \t]*(?:\1[ \t]*)*$/;
const ITEM = /^(?:[-*+]|(\d{1,9}[.)]))(?=[ \t]|$)/;
const ITEM_SO_FAR = /^(?:[-*+][ \t]*|\d{1,9}(?:[.)][ \t]*)?)$/;
const CLOSING_SO_FAR = /^[ \t]*(?:`*|~*)[ \t]*$/;

class Scan {
  readonly line: string;
  at = 0;
  /** Columns of indentation before `at`, from the innermost quotation on. */
  columns = 0;

  constructor(line: string) {
    this.line = line;
  }

  get char(): string {
    return this.line[this.at] ?? "";
  }

  get rest(): string {
    return this.line.slice(this.at);
  }

  get atEnd(): boolean {
    return this.at >= this.line.length;
  }

  indent(): void {
    for (; this.char === " " || this.char === "\t"; this.at++) this.columns += this.char === "\t" ? 4 - (this.columns % 4) : 1;
  }

  /** Past a `>` and the blank behind it. */
  mark(): void {
    this.at += this.line[this.at + 1] === " " ? 2 : 1;
    this.columns = 0;
  }

  /** The same, and to what is indented there. */
  quote(): void {
    this.mark();
    this.indent();
  }

  /** The place in the line that has so many columns of blanks before it. */
  within(columns: number, from = 0): number {
    const blanks = new Scan(this.line.slice(0, this.at));
    blanks.at = Math.max(from, blanks.line.search(/[ \t]*$/));
    for (; blanks.columns < columns && !blanks.atEnd; blanks.at++) blanks.columns += blanks.char === "\t" ? 4 - (blanks.columns % 4) : 1;
    return blanks.at;
  }
}

/** The marker of an item, past which the scan then is; null where there is none. In a paragraph only what clearly begins a list is one. */
function itemAt(scan: Scan, interrupts: boolean): Omit<Item, "done"> | null {
  const [marker, number = null] = ITEM.exec(scan.rest) ?? [];
  if (marker === undefined || (interrupts && ((number !== null && Number.parseInt(number, 10) !== 1) || scan.rest.trim() === marker))) return null;
  const before = scan.columns;
  scan.at += marker.length;
  scan.columns += marker.length;
  const behind = scan.columns;
  scan.indent();
  const content = scan.atEnd || scan.columns - behind > 4 ? behind + 1 : scan.columns;
  return { kind: "item", marker: before, content, number };
}

function taskAt(scan: Scan): boolean | null {
  const [whole = "", mark] = /^\[([ xX])\][ \t]+/.exec(scan.rest) ?? [];
  scan.at += whole.length;
  return mark === undefined ? null : mark !== " ";
}

function leafAt(scan: Scan, whole: boolean, inParagraph: boolean): Leaf | null {
  const { rest } = scan;
  if (!whole && (/^#{1,6}[ \t]*$/.test(rest) || /^(?:`{1,2}|~{1,2})$/.test(rest) || /^(?:`{3,}[^`]*|~{3,}.*)$/.test(rest) || rest.startsWith("|") || (inParagraph && /^=+[ \t]*$/.test(rest)))) return null;
  const [hashes] = /^#{1,6}(?=[ \t]|$)/.exec(rest) ?? [];
  if (hashes !== undefined) {
    scan.at += /^#+[ \t]*/.exec(rest)?.[0].length ?? 0;
    return { kind: "heading", level: hashes.length };
  }
  const [, fence, info = ""] = /^(`{3,}(?=[^`]*$)|~{3,})(.*)$/.exec(rest) ?? [];
  if (fence !== undefined) return { kind: "fence", fence, indent: scan.columns, info: info.trim() };
  if (rest.startsWith("|")) return { kind: "row" };
  if (inParagraph && /^=+[ \t]*$/.test(rest)) return { kind: "underline" };
  return { kind: inParagraph ? "more" : "text" };
}

function isNumbered(container: Container): boolean {
  return container.kind === "item" && container.number !== null;
}
