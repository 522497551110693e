import type { Token } from "../engine/messages.ts";

const OPEN = "<think>";
const CLOSE = "</think>";

/** Tells what a model thinks aloud before its answer from the answer, where the endpoint leaves that to its clients. */
export class Thinking {
  /** `between`: what is left of the thoughts is the space before the answer. */
  #phase: "before" | "thinking" | "between" | "after" = "before";
  /** What cannot be judged yet. */
  #held = "";

  /** What is clear by now. */
  push(text: string): Token[] {
    this.#held += text;
    const tokens: Token[] = [];
    for (let phase: string = ""; phase !== this.#phase && this.#held !== ""; ) {
      phase = this.#phase;
      const token = this.#next();
      if (token !== null) tokens.push(token);
    }
    return tokens;
  }

  /** The rest: nothing follows that could make it something else. */
  end(): Token[] {
    const text = this.#held;
    this.#held = "";
    return text === "" ? [] : [{ text, thought: this.#phase === "thinking" }];
  }

  #next(): Token | null {
    const begun = this.#held.trimStart();
    switch (this.#phase) {
      case "before":
        if (begun.length < OPEN.length && OPEN.startsWith(begun)) return null;
        this.#phase = begun.startsWith(OPEN) ? "thinking" : "after";
        if (this.#phase === "thinking") this.#held = begun.slice(OPEN.length);
        return null;
      case "thinking": {
        const close = this.#held.indexOf(CLOSE);
        if (close < 0) return this.#take(this.#held.length - overlap(this.#held, CLOSE), true);
        const thought = this.#take(close, true);
        this.#held = this.#held.slice(CLOSE.length);
        this.#phase = "between";
        return thought;
      }
      case "between":
        this.#held = begun;
        if (begun !== "") this.#phase = "after";
        return null;
      case "after":
        return this.#take(this.#held.length, false);
    }
  }

  #take(length: number, thought: boolean): Token {
    const text = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    return { text, thought };
  }
}

/** How many characters at the end of `text` may be the beginning of `mark`. */
function overlap(text: string, mark: string): number {
  let length = Math.min(text.length, mark.length - 1);
  while (length > 0 && !mark.startsWith(text.slice(-length))) length -= 1;
  return length;
}
