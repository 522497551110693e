import { type Random, seeded } from "../vector/random.ts";

/** Of the words that are long enough, so many are misspelled, and one at least. */
const SHARE = 0.4;
const LONG_ENOUGH = 4;

/** The text as somebody in a hurry would write it: the same each time. */
export function withTypos(text: string, seed: number): string {
  const random = seeded(seed);
  const words = text.split(" ");
  const long = words.flatMap((word, i) => (word.length >= LONG_ENOUGH ? [i] : []));
  const certain = long[random.below(long.length)] ?? words.indexOf(words.toSorted((a, b) => b.length - a.length)[0]!);
  return words.map((word, i) => (i === certain || (long.includes(i) && random.uniform() < SHARE) ? misspelled(word, random) : word)).join(" ");
}

/** Two neighbours exchanged, one letter left out, written twice, or another in its place. */
function misspelled(word: string, random: Random): string {
  const at = random.below(Math.max(1, word.length - 1));
  const [before, letter, after] = [word.slice(0, at), word[at] ?? "", word.slice(at + 1)];
  switch (random.below(4)) {
    case 0:
      return before + (after[0] ?? "") + letter + after.slice(1);
    case 1:
      return before + after;
    case 2:
      return before + letter + letter + after;
    default:
      return before + LETTERS[random.below(LETTERS.length)]! + after;
  }
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz";
