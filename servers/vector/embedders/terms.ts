/**
 * The words of a text and how often each is there: in lower case, without accents, in their compatible form (½ is 1 2, ﬁ is fi, ß is ss).
 * Chinese and Japanese have no spaces between words, so there each two neighbours are one, and each character alone.
 */
export function termsOf(text: string): Map<string, number> {
  const terms = new Map<string, number>();
  const count = (term: string): unknown => terms.set(term, (terms.get(term) ?? 0) + 1);
  if (ASCII.test(text)) {
    for (const word of text.toLowerCase().match(/[a-z0-9]+/g) ?? []) count(word);
    return terms;
  }
  const folded = text.normalize("NFKD").toUpperCase().toLowerCase().replace(/\p{M}+/gu, "");
  for (const [run] of folded.matchAll(/[\p{L}\p{N}]+/gu)) {
    for (const part of UNSPACED.test(run) ? run.split(SWITCH) : [run]) {
      if (UNSPACED.test(part)) countPairs(part, count);
      else count(part);
    }
  }
  return terms;
}

// oxlint-disable-next-line no-control-regex
const ASCII = /^[\x00-\x7f]*$/;
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
/** Between a character of such a script and one of another. */
const SWITCH = /(?<=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー])(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー])|(?<![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー])(?=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])/u;

function countPairs(run: string, count: (term: string) => unknown): void {
  const characters = Array.from(run);
  for (const [i, character] of characters.entries()) {
    count(character);
    if (i > 0) count(characters[i - 1]! + character);
  }
}
