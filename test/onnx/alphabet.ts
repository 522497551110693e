/** Tokens as a tokens.txt has them, and the text of tokens that came back as tones. */
export interface Alphabet {
  readonly file: string;
  readonly read: (tokens: readonly number[]) => string;
}

/** `silent` is token 0; the others follow in order. */
export function alphabet(silent: string, others: readonly string[]): Alphabet {
  const all = [silent, ...others];
  return {
    file: all.map((token, id) => (token === " " ? `  ${id}\n` : `${token} ${id}\n`)).join(""),
    read: (tokens) => tokens.map((token) => (token === 0 ? "" : (all[token] ?? "?"))).join(""),
  };
}
