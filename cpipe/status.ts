import type { ToolEvent } from "../pipes/protocol/messages.ts";
import { writeError } from "./output.ts";
import { plain } from "./describe.ts";
import { type Style, styleFor } from "./style.ts";
import { shortened, widthOf } from "./table.ts";
import { isTerminal } from "./tty.ts";

/** News of a request on one line of a terminal, which goes when the answer comes, without escape codes. Silent where standard error is no terminal. */
export class StatusLine {
  readonly #on: boolean;
  readonly #style: Style;
  /** Columns of what is shown. */
  #shown = 0;

  constructor(on: boolean = isTerminal(2) && process.env["TERM"] !== "dumb") {
    this.#on = on;
    this.#style = styleFor(on);
  }

  show(event: ToolEvent): void {
    const text = this.#on ? newsOf(event) : null;
    if (text === null) return;
    // A line that wraps could not be taken back.
    const line = shortened(plain(text), this.#style.width - 1);
    const width = widthOf(line);
    const longer = Math.max(0, this.#shown - width);
    writeError(`\r${line}${" ".repeat(longer)}${"\b".repeat(longer)}`);
    this.#shown = width;
  }

  /** A line that stays, unlike the status: it goes above it. */
  note(text: string): void {
    if (!this.#on) return;
    this.clear();
    writeError(`${this.#style.faint(text)}\n`);
  }

  clear(): void {
    if (this.#shown === 0) return;
    writeError(`\r${" ".repeat(this.#shown)}\r`);
    this.#shown = 0;
  }
}

/** `queued` and `progress` in words; null for what is no news. */
export function newsOf(event: ToolEvent): string | null {
  if (event.event === "queued") {
    const reason = typeof event["reason"] === "string" ? ` (${event["reason"]})` : "";
    return event["position"] === 1 ? `next in line${reason}` : `waiting, place ${String(event["position"])} in line${reason}`;
  }
  if (event.event !== "progress") return null;
  const { stage, value, total } = event as { stage?: unknown; value?: unknown; total?: unknown };
  return `${String(stage)} ${share(value, total)}`.trimEnd();
}

/** A part of a whole as per cent; without a whole, the part. */
export function share(value: unknown, total: unknown): string {
  if (typeof value !== "number") return "";
  if (typeof total !== "number" || total <= 0) return value === 0 ? "" : String(value);
  return `${Math.min(100, Math.floor((value / total) * 100))}%`;
}
