import { openSync, writeSync } from "node:fs";
import { isatty, ReadStream } from "node:tty";
import { ToolError } from "../../pipes/protocol/errors.ts";
import type { Output } from "../output.ts";
import { type Key, KeyDecoder } from "./keys.ts";

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface TerminalEvents {
  readonly key: (key: Key) => void;
  /** Another size; what was shown has to be shown anew. */
  readonly resized: () => void;
  /** The terminal has gone. */
  readonly ended: () => void;
}

/** What a way of using the terminal does with it beyond the keyboard. */
export interface Manner {
  /** What it is called where it is refused. */
  readonly what: string;
  /** What prepares the terminal. */
  enter(): string;
  /** What undoes that. */
  leave(): string;
  /** Somebody else has had the terminal meanwhile: nothing of what was shown is sure to be there. */
  lost(): void;
}

/** So long after an escape the rest of a key's sequence would have come. */
const ESCAPE_MS = 40;
/** A terminal that has not taken what came last within this is not waited for. */
const LEAVING_MS = 300;

/**
 * The terminal while a program reads its keys one by one: taken by `enter`, given back by `leave`, and also when the
 * process ends in any other way that it notices.
 */
export class Hold {
  readonly #out: Output;
  readonly #manner: Manner;
  readonly #events: TerminalEvents;
  readonly #keyboard: ReadStream;
  readonly #decoder = new KeyDecoder();
  #escape: NodeJS.Timeout | undefined;
  #entered = false;

  /** @throws ToolError `usage` where there is no terminal to show something on, or none to type at */
  constructor(out: Output, manner: Manner, events: TerminalEvents) {
    if (!out.tty) throw noTerminal(manner.what, "standard output is none");
    if (process.env["TERM"] === "dumb") throw noTerminal(manner.what, "TERM=dumb says that this one cannot place text");
    this.#out = out;
    this.#manner = manner;
    this.#events = events;
    this.#keyboard = keyboard(manner.what);
    this.#keyboard.on("error", () => undefined); // while it is somebody else's
  }

  get entered(): boolean {
    return this.#entered;
  }

  get size(): Size {
    const { columns, rows } = process.stdout;
    return { columns: columns || 80, rows: rows || 24 };
  }

  enter(): void {
    if (this.#entered) return;
    this.#entered = true;
    process.on("exit", this.#restore);
    process.on("uncaughtExceptionMonitor", this.#restore);
    process.on("SIGCONT", this.#continued);
    process.stdout.on("resize", this.#resized);
    this.#keyboard.on("data", this.#data).once("end", this.#events.ended).once("error", this.#events.ended);
    this.#keyboard.setRawMode(true).resume().ref();
    this.#manner.lost();
    this.#out.write(this.#manner.enter());
  }

  /** Resolves when the terminal is as it was, or takes nothing any more. */
  async leave(): Promise<void> {
    if (!this.#entered) return;
    this.#entered = false;
    clearTimeout(this.#escape);
    process.off("exit", this.#restore);
    process.off("uncaughtExceptionMonitor", this.#restore);
    process.off("SIGCONT", this.#continued);
    process.stdout.off("resize", this.#resized);
    this.#keyboard.off("data", this.#data).off("end", this.#events.ended).off("error", this.#events.ended);
    this.#keyboard.pause().unref();
    this.#out.write(this.#manner.leave());
    await this.#drained();
    this.#raw(false);
  }

  /** Ctrl-Z: the shell gets the terminal; `fg` brings the program back. Without a shell that does so it comes back at once. */
  async suspend(): Promise<void> {
    await this.leave();
    process.kill(process.pid, "SIGTSTP");
    await new Promise((resolve) => setImmediate(resolve));
    this.enter();
    this.#events.resized();
  }

  readonly #data = (bytes: Buffer): void => {
    clearTimeout(this.#escape);
    this.#take(this.#decoder.push(bytes));
    if (this.#decoder.pending) this.#escape = setTimeout(() => this.#take(this.#decoder.flush()), ESCAPE_MS);
  };

  #take(keys: readonly Key[]): void {
    for (const key of keys) if (this.#entered) this.#events.key(key);
  }

  readonly #resized = (): void => this.#events.resized();

  /** Stopped and continued from outside: the shell has had the terminal meanwhile. */
  readonly #continued = (): void => {
    void this.#drained().then(() => {
      if (!this.#entered) return;
      this.#raw(false); // or Node believes that it still is
      this.#raw(true);
      this.#manner.lost();
      this.#out.write(this.#manner.enter());
      this.#events.resized();
    });
  };

  readonly #restore = (): void => {
    if (!this.#entered) return;
    this.#entered = false;
    if (this.#out.busy) return; // it would wait with the write that is under way
    this.#raw(false);
    try {
      writeSync(1, this.#manner.leave());
    } catch {
      // the terminal has gone
    }
  };

  /** When the terminal has taken everything, or does not seem to any more. */
  async #drained(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([this.#out.drained(), new Promise((resolve) => (timer = setTimeout(resolve, LEAVING_MS)))]);
    clearTimeout(timer);
  }

  /** Linux has this call wait for a write that is under way, and with it the whole process, without end. */
  #raw(on: boolean): void {
    if (this.#out.busy) return;
    try {
      this.#keyboard.setRawMode(on);
    } catch {
      // the terminal has gone
    }
  }
}

/** Standard input, or the process's own terminal where something is piped in. */
function keyboard(what: string): ReadStream {
  if (isatty(0)) return process.stdin;
  try {
    return new ReadStream(openSync("/dev/tty", "r"));
  } catch {
    throw noTerminal(what, "there is none to type at (standard input is none, and /dev/tty cannot be opened)");
  }
}

function noTerminal(what: string, reason: string): ToolError {
  return new ToolError("usage", { reason: `${what} needs a terminal, and ${reason}`, hint: "Run it in a terminal: not in a pipe, and with TERM set" });
}
