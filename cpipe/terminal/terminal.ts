import type { Output } from "../output.ts";
import { type Frame, repaint } from "./frame.ts";
import { Frames } from "./frames.ts";
import { Hold, type Size, type TerminalEvents } from "./hold.ts";

/** Alternate screen, where most terminals send arrow keys for the wheel; no wrapping by the terminal, pastes marked. */
const ENTER = "\x1b[?1049h\x1b[?7l\x1b[?2004h\x1b[?25l";
const LEAVE = "\x1b[0m\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l";

/**
 * The screen and the keyboard while a program has all of the terminal. A frame is asked for when it is to be shown: at
 * most once for each moment of the screen, and when the terminal has taken what came before.
 */
export class Terminal {
  readonly #out: Output;
  readonly #hold: Hold;
  readonly #frame: (size: Size) => Frame;
  readonly #frames: Frames;
  #shown: Frame | null = null;

  /** @throws ToolError `usage` where there is no terminal to show something on, or none to type at */
  constructor(out: Output, what: string, events: TerminalEvents, frame: (size: Size) => Frame) {
    this.#out = out;
    this.#frame = frame;
    this.#frames = new Frames(out, () => this.#show());
    const manner = { what, enter: () => ENTER, leave: () => LEAVE, lost: () => this.redraw() };
    this.#hold = new Hold(out, manner, { ...events, resized: () => (this.redraw(), events.resized()) });
  }

  get size(): Size {
    return this.#hold.size;
  }

  enter(): void {
    this.#hold.enter();
  }

  /** Resolves when the terminal is as it was, or takes nothing any more. */
  async leave(): Promise<void> {
    await this.#hold.leave();
    this.#frames.stop();
  }

  /** Ctrl-Z: the shell gets the terminal; `fg` brings the program back. Without a shell that does so it comes back at once. */
  async suspend(): Promise<void> {
    await this.#hold.suspend();
  }

  /** What is shown has changed. */
  change(): void {
    if (this.#hold.entered) this.#frames.change();
  }

  /** The next frame is written whole, whatever has come onto the screen. */
  redraw(): void {
    this.#shown = null;
    this.change();
  }

  /** Something for the terminal itself, such as text for its clipboard. */
  send(sequence: string): void {
    this.#out.write(sequence);
  }

  #show(): void {
    if (!this.#hold.entered) return;
    const frame = this.#frame(this.size);
    this.#out.write(repaint(this.#shown, frame));
    this.#shown = frame;
  }
}
