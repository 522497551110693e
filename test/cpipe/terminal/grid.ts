import { clustersOf } from "../../../cpipe/terminal/width.ts";

/** A terminal as far as the rows at the end of a text need one: it wraps late, scrolls, and knows a few sequences. Source: xterm's ctlseqs. */
export class Grid {
  readonly scrolled: string[] = [];
  readonly #columns: number;
  readonly #rows: string[][];
  #row = 0;
  #column = 0;

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#rows = Array.from({ length: rows }, () => []);
  }

  get cursor(): { row: number; column: number } {
    return { row: this.#row, column: Math.min(this.#column, this.#columns - 1) };
  }

  all(): string[] {
    return this.#rows.map((row) => Array.from(row, (cell) => cell ?? " ").join("").trimEnd());
  }

  /** The rows up to the last that has something in it. */
  text(): string[] {
    const rows = this.all();
    return rows.slice(0, rows.findLastIndex((row) => row !== "") + 1);
  }

  write(bytes: string): void {
    // oxlint-disable-next-line no-control-regex -- sequences begin with it
    for (const [part, parameter = "", final] of bytes.matchAll(/\x1b\[\??([\d;]*)([A-Za-z])|[^\x1b]+/g)) {
      if (final === undefined) this.#print(part);
      else this.#obey(final, Number(parameter || 1));
    }
  }

  #obey(final: string, count: number): void {
    if (final === "A") this.#row = Math.max(0, this.#row - count);
    else if (final === "B") this.#row = Math.min(this.#rows.length - 1, this.#row + count);
    else if (final === "C") this.#column = Math.min(this.#columns - 1, this.#column + count);
    else if (final === "J" || final === "K") {
      this.#rows[this.#row]?.splice(Math.min(this.#column, this.#columns - 1));
      if (final === "J") for (let row = this.#row + 1; row < this.#rows.length; row++) this.#rows[row] = [];
    }
  }

  #print(text: string): void {
    for (const piece of text.split(/(\r|\n)/)) {
      if (piece === "\r") this.#column = 0;
      else if (piece === "\n") this.#down();
      else for (const { start, end, width } of clustersOf(piece, 0)) this.#put(piece.slice(start, end), width);
    }
  }

  #put(cluster: string, width: number): void {
    if (this.#column + width > this.#columns) {
      this.#column = 0;
      this.#down();
    }
    const row = this.#rows[this.#row] ?? [];
    while (row.length < this.#column) row.push(" ");
    row.splice(this.#column, width, cluster, ...Array.from({ length: width - 1 }, () => ""));
    this.#column += width;
  }

  #down(): void {
    if (++this.#row < this.#rows.length) return;
    this.#row--;
    const [first = []] = this.#rows.splice(0, 1);
    this.scrolled.push(first.join("").trimEnd());
    this.#rows.push([]);
  }
}
