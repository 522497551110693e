import { isFields, type Piece, piecesOf } from "./forms.ts";

/** Longer than any line of JSON that says something; what comes after is shown as it is. */
const LONGEST_LINE = 8 * 1024 * 1024;

/**
 * Reads what one writer sends, in whatever form, line by line: JSON lines, server-sent events, plain text, mixed. Plain
 * text comes out at once, a line that could be JSON or an event of a stream when it is whole. Where the bytes are cut makes
 * no difference to what comes out, put together.
 */
export class StreamParser {
  readonly #decoder = new TextDecoder();
  /** The line that is being read, as far as it is kept back. */
  #line = "";
  /** Of the line that is being read, something has come out as plain text. */
  #isPlain = false;
  /** Lines that are part of a server-sent event if one follows, and plain text otherwise. */
  #doubtful: string[] = [];
  /** The line before was JSON or an event; empty lines after one mean nothing. */
  #afterForm = false;
  /** Whether the answer under way has text, and whether that ends inside a line. */
  #hasText = false;
  #isInLine = false;

  push(bytes: Uint8Array): Piece[] {
    return this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  /** The writer has ended; a last line needs no line feed. */
  end(): Piece[] {
    const pieces = this.#take(this.#decoder.decode());
    if (this.#isPlain) pieces.push(...this.#plain(this.#line));
    else if (this.#line !== "") pieces.push(...this.#whole(this.#line, ""));
    pieces.push(...this.#settle());
    this.#line = "";
    return [...pieces, { kind: "end", part: null }];
  }

  #take(text: string): Piece[] {
    const pieces: Piece[] = [];
    for (let at = 0; at < text.length; ) {
      const feed = text.indexOf("\n", at);
      const most = this.#isPlain ? text.length : at + LONGEST_LINE - this.#line.length;
      const end = Math.min(feed === -1 ? text.length : feed, most);
      this.#line += text.slice(at, end);
      at = end;
      if (end === feed) {
        pieces.push(...(this.#isPlain ? this.#plain(`${chomp(this.#line)}\n`) : this.#whole(chomp(this.#line), "\n")));
        this.#line = "";
        this.#isPlain = false;
        at++;
      } else if (this.#isPlain || this.#line.length >= LONGEST_LINE || !couldBeForm(this.#line)) {
        // A carriage return may be half of a line's end.
        const back = this.#line.endsWith("\r") ? 1 : 0;
        pieces.push(...this.#settle(), ...this.#plain(this.#line.slice(0, this.#line.length - back)));
        this.#line = back === 1 ? "\r" : "";
        this.#isPlain = true;
      }
    }
    return pieces;
  }

  /** A whole line of which nothing has come out. */
  #whole(line: string, feed: string): Piece[] {
    if (line === "" && this.#doubtful.length > 0) {
      this.#doubtful.push(line + feed);
      return [];
    }
    if (line === "" && this.#afterForm) return [];
    const pieces = readLine(line);
    if (pieces !== null) {
      this.#doubtful = [];
      this.#afterForm = true;
      return pieces.flatMap((piece) => this.#told(piece));
    }
    if (BESIDE.test(line)) {
      this.#doubtful.push(line + feed);
      return [];
    }
    return [...this.#settle(), ...this.#plain(line + feed)];
  }

  /** What was in doubt is plain text after all. */
  #settle(): Piece[] {
    return this.#doubtful.splice(0).flatMap((line) => this.#plain(line));
  }

  #plain(text: string): Piece[] {
    if (text === "") return [];
    const begins = this.#afterForm && this.#isInLine ? "\n" : "";
    this.#afterForm = false;
    return this.#told({ kind: "answer", text: begins + text, part: 0 });
  }

  #told(piece: Piece): Piece[] {
    switch (piece.kind) {
      case "answer":
        this.#hasText = true;
        this.#isInLine = !piece.text.endsWith("\n");
        return [piece];
      case "whole":
        return this.#hasText || piece.text === "" ? [] : this.#told({ kind: "answer", text: piece.text, part: 0 });
      case "end":
        this.#hasText = false;
        this.#isInLine = false;
        return [piece];
      case "reasoning":
      case "note":
      case "error":
        return [piece];
    }
  }
}

/** The fields of a server-sent event beside its data, and comments. Source: WHATWG HTML §9.2.6. */
const BESIDE = /^(event|id|retry)?:/;
const BEGINNINGS = ["data:", "event:", "id:", "retry:", ":", "\r"];

function couldBeForm(line: string): boolean {
  return line.startsWith("{") || BEGINNINGS.some((beginning) => line.startsWith(beginning) || beginning.startsWith(line));
}

/** The pieces of a line of JSON or of an event's data; null when it is neither. */
function readLine(line: string): Piece[] | null {
  if (!line.startsWith("data:")) return line.startsWith("{") ? readObject(line) : null;
  const data = line.slice(5).trim();
  return data === "[DONE]" ? [{ kind: "end", part: null }] : data.startsWith("{") ? readObject(data) : null;
}

function readObject(text: string): Piece[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? piecesOf(value) : null;
  } catch {
    return null; // text that begins like JSON
  }
}

function chomp(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
