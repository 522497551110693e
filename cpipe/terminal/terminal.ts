import type { Output } from "../output.ts";
import { type Frame, repaint } from "./frame.ts";
import { Hold, type Size, type TerminalEvents } from "./hold.ts";

/** Alternate screen, where most terminals send arrow keys for the wheel; no wrapping by the terminal, pastes marked. */
const ENTER = "\x1b[?1049h\x1b[?7l\x1b[?2004h\x1b[?25l";
const LEAVE = "\x1b[0m\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l";

/**
 * The screen and the keyboard while a program has all of the terminal. Frames go out as fast as the terminal takes them; one
 * that is overtaken by the next is left out.
 */
export class Terminal {
  readonly #out: Output;
  readonly #hold: Hold;
  #shown: Frame | null = null;
  #wanted: Frame | null = null;

  /** @throws ToolError `usage` where there is no terminal to show something on, or none to type at */
  constructor(out: Output, what: string, events: TerminalEvents) {
    this.#out = out;
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
  }

  /** Ctrl-Z: the shell gets the terminal; `fg` brings the program back. Without a shell that does so it comes back at once. */
  async suspend(): Promise<void> {
    await this.#hold.suspend();
  }

  show(frame: Frame): void {
    const waiting = this.#wanted !== null;
    this.#wanted = frame;
    if (!waiting) void this.#paint();
  }

  /** The next frame is written whole, whatever has come onto the screen. */
  redraw(): void {
    this.#shown = null;
  }

  /** Something for the terminal itself, such as text for its clipboard. */
  send(sequence: string): void {
    this.#out.write(sequence);
  }

  /** A slow terminal gets the newest frame when it has taken the last one. */
  async #paint(): Promise<void> {
    await this.#out.drained();
    const frame = this.#wanted;
    this.#wanted = null;
    if (frame === null || !this.#hold.entered) return;
    this.#out.write(repaint(this.#shown, frame));
    this.#shown = frame;
  }
}
