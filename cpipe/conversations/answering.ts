import { moreLine, type Turn, turnOf, wholeLine, wholeOf } from "./format.ts";

/** How long a piece of an answer may be nowhere but in memory. */
const UNKEPT_MS = 200;

/** An answer on its way into the file. */
export class Answering {
  readonly #add: (lines: readonly string[]) => void;
  readonly #note: (turn: Turn) => void;
  #turn: Turn | null = null;
  /** What is not in the file yet. */
  #rest = "";
  #timer: NodeJS.Timeout | null = null;

  constructor(add: (lines: readonly string[]) => void, note: (turn: Turn) => void) {
    this.#add = add;
    this.#note = note;
  }

  add(piece: string): void {
    this.#rest += piece;
    this.#timer ??= setTimeout(() => this.#keepQuietly(), UNKEPT_MS);
  }

  /** All of it is there, or it has ended too early; an empty one is not kept. @throws ToolError `disk-full`, `file-failed`, `unsafe-file` */
  end(whole: boolean): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#keep();
    if (this.#turn === null || !whole) return;
    this.#add([wholeLine(this.#turn)]);
    this.#note(wholeOf(this.#turn));
  }

  #keepQuietly(): void {
    this.#timer = null;
    try {
      this.#keep();
    } catch {
      // It stays in #rest; the end tries again, and tells.
    }
  }

  #keep(): void {
    if (this.#rest === "") return;
    const rest = this.#rest;
    if (this.#turn === null) {
      const turn = turnOf({ role: "assistant", content: rest, stopped: true });
      this.#add([JSON.stringify(turn)]);
      this.#turn = turn;
    } else {
      this.#add([moreLine(this.#turn, rest)]);
      this.#turn = { ...this.#turn, content: this.#turn.content + rest };
    }
    this.#rest = "";
    this.#note(this.#turn);
  }
}
