import type { Output } from "../output.ts";
import { Frames } from "./frames.ts";
import { Hold, type Size, type TerminalEvents } from "./hold.ts";
import { advance, erased, type Live } from "./scroll.ts";

/** Pastes are marked. */
const ENTER = "\x1b[?2004h";
const LEAVE = "\x1b[0m\x1b[?25h\x1b[?2004l";

/**
 * The end of the terminal's text and the keyboard, for a program that goes on below what stands there: what it has said
 * scrolls up as any program's output does, and a few rows below that change. Those are asked for when they are to be
 * shown, at most once for each moment of the screen, and when the terminal has taken what came before.
 */
export class Inline {
  readonly #out: Output;
  readonly #hold: Hold;
  readonly #live: (size: Size) => Live;
  readonly #frames: Frames;
  #shown: Live | null = null;
  /** Whole lines that are still to be written. */
  #above = "";

  /** @throws ToolError `usage` where there is no terminal to show something on, or none to type at */
  constructor(out: Output, what: string, events: Omit<TerminalEvents, "resized">, live: (size: Size) => Live) {
    this.#out = out;
    this.#live = live;
    this.#frames = new Frames(out, () => this.#show());
    const manner = { what, enter: () => ENTER, leave: () => this.#farewell(), lost: () => void (this.#shown = null) };
    this.#hold = new Hold(out, manner, { ...events, resized: () => this.change() });
  }

  get size(): Size {
    return this.#hold.size;
  }

  enter(): void {
    this.#hold.enter();
    this.change();
  }

  /** Resolves when the terminal is as it was, or takes nothing any more; the live rows are gone from it. */
  async leave(): Promise<void> {
    await this.#hold.leave();
    this.#frames.stop();
  }

  /** Ctrl-Z: the shell gets the terminal; `fg` brings the program back. */
  async suspend(): Promise<void> {
    await this.#hold.suspend();
  }

  /** Says something for good: whole lines, each ended by a line feed, and its look undone. */
  print(lines: string): void {
    this.#above += lines;
    this.change();
  }

  /** The live rows have changed. */
  change(): void {
    if (this.#hold.entered) this.#frames.change();
  }

  /** An empty screen with the live rows at its top. */
  clear(): void {
    this.#out.write("\x1b[H\x1b[2J");
    this.#shown = null;
    this.change();
  }

  /** Something for the terminal itself, such as text for its clipboard. */
  send(sequence: string): void {
    this.#out.write(sequence);
  }

  #show(): void {
    if (!this.#hold.entered) return;
    const { size } = this;
    const live = this.#live(size);
    this.#out.write(advance(this.#shown, this.#above, live, size.columns));
    this.#shown = live;
    this.#above = "";
  }

  #farewell(): string {
    const end = `${erased(this.#shown, this.size.columns)}${this.#above.replaceAll("\n", "\r\n")}${LEAVE}`;
    this.#shown = null;
    this.#above = "";
    return end;
  }
}
