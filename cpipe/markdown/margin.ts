import { type MarkdownStyle, painted, paintOf } from "./look.ts";
import type { Container, Item } from "./start.ts";

/** What stands before the lines of a block: bars of quotations, and markers of items or the room for them. */
export class Margin {
  readonly #faint: string;
  #open: Array<{ readonly container: Container; /** Its marker is there. */ isShown: boolean }> = [];

  constructor({ coloured }: MarkdownStyle) {
    this.#faint = coloured ? paintOf({ faint: true }) : "";
  }

  /** From the outermost. */
  get containers(): Container[] {
    return this.#open.map(({ container }) => container);
  }

  /** How wide it is. */
  get columns(): number {
    return this.containers.reduce((sum, container) => sum + blankOf(container).length, 0);
  }

  /** What stands in a blank line. */
  get bars(): string {
    return painted(this.containers.map((container) => (container.kind === "quote" ? BAR : blankOf(container))).join("").trimEnd(), this.#faint);
  }

  /** What stands before the next line: the marker of an item once, then room for it. */
  next(): string {
    let depth = 0;
    return this.#open
      .map((open) => {
        const { container, isShown } = open;
        if (container.kind === "quote") return painted(BAR, this.#faint);
        const marker = markerOf(container, depth++);
        open.isShown = true;
        return isShown ? blankOf(container) : marker;
      })
      .join("");
  }

  enter(container: Container): void {
    this.#open.push({ container, isShown: false });
  }

  /** Leaves all but so many. Returns a line for items in which nothing has stood, if there were any. */
  leave(kept: number): string {
    const isEmpty = this.#open.slice(kept).some(({ container, isShown }) => container.kind === "item" && !isShown);
    const line = isEmpty ? `${this.next().trimEnd()}\n` : "";
    this.#open = this.#open.slice(0, kept);
    return line;
  }
}

const BAR = "│ ";
const BULLETS = ["•", "◦", "▪"];

function markerOf({ number, done }: Item, depth: number): string {
  const bullet = done === null ? (BULLETS[depth % BULLETS.length] ?? "•") : done ? "☑" : "☐";
  return number === null ? `${bullet} ` : done === null ? `${number} ` : `${number} ${bullet} `;
}

function blankOf(container: Container): string {
  return " ".repeat(container.kind === "quote" ? BAR.length : markerOf(container, 0).length);
}
