/** Tokens as text. */
export interface Pieces<Token> {
  /** What a token adds to the text behind the one before it; null where it is no text by itself: a control token, or part of a character. */
  piece(token: Token, before: Token | undefined): string | null;
}

export interface Aligned<Token> {
  readonly tokens: Token[];
  /** How many of them are the context's first. */
  readonly shared: number;
}

/**
 * A prompt that begins with what a context holds already. A model may have written a text in other tokens than the tokenizer makes of it, most of all
 * where a grammar led it; the same text in its own tokens need not be evaluated again. What differs as text is taken from the prompt. A
 * control token is the same only as itself: no text can pass for one.
 */
export function align<Token>(held: readonly Token[], prompt: readonly Token[], pieces: Pieces<Token>): Aligned<Token> {
  let [i, j] = [0, 0];
  let [ahead, behind] = ["", ""];
  let agreed: readonly [number, number] = [0, 0];
  for (;;) {
    if (ahead === behind) {
      [ahead, behind] = ["", ""];
      while (i < held.length && j < prompt.length && held[i] === prompt[j]) {
        i += 1;
        j += 1;
      }
      agreed = [i, j];
    }
    const fromHeld = ahead.length <= behind.length;
    const [tokens, at] = fromHeld ? [held, i] : [prompt, j];
    const token = tokens[at];
    const text = token === undefined ? null : pieces.piece(token, tokens[at - 1]);
    if (text === null) break;
    if (fromHeld) [ahead, i] = [ahead + text, i + 1];
    else [behind, j] = [behind + text, j + 1];
    if (!ahead.startsWith(behind) && !behind.startsWith(ahead)) break;
  }
  return { tokens: [...held.slice(0, agreed[0]), ...prompt.slice(agreed[1])], shared: agreed[0] };
}
