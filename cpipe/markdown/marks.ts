/** How far the end of what a mark begins is looked for. */
const NEAR = 100;

/** Whether code that has begun before the text is closed in it, or may well be; null where more has to come. */
export function endOfCode(after: string, ticks: number, final: boolean): boolean | null {
  for (const { 0: run, index } of after.slice(0, NEAR).matchAll(/`+/g)) {
    if (index + run.length === after.length && !final) return null;
    if (run.length === ticks) return true;
  }
  return after.length >= NEAR || (final ? false : null);
}

/** The same of emphasis. */
export function endOfEmphasis(after: string, mark: string, count: number, final: boolean): boolean | null {
  for (const { 0: run, index } of after.slice(0, NEAR).matchAll(/(`+)[^`]*\1|`+|\\[^]|\*+|_+/g)) {
    const end = index + run.length;
    const isOpenCode = /^`+$/.test(run);
    if (!final && (end === after.length || (isOpenCode && after.length < NEAR))) return null;
    if (run[0] !== mark || (count === 1 ? run.length === 2 : count === 2 && run.length < 2)) continue;
    const before = /.$/su.exec(after.slice(Math.max(0, index - 2), index))?.[0] ?? mark;
    if (sidesOf(mark, run.length, before, /^./su.exec(after.slice(end))?.[0] ?? "\n").closes) return true;
  }
  return after.length >= NEAR || (final ? false : null);
}

/**
 * What a run of `*` or `_` may do between two characters. More is allowed than in CommonMark for two: they are hardly ever anything else, and
 * in a script without spaces nothing tells where a word begins. One between letters or digits is a product, or part of a name.
 */
export function sidesOf(mark: string, count: number, before: string, after: string): { opens: boolean; closes: boolean } {
  const left = !isSpace(after) && (!isPunctuation(after) || isSpace(before) || isPunctuation(before));
  const right = !isSpace(before) && (!isPunctuation(before) || isSpace(after) || isPunctuation(after));
  if (mark === "_") return { opens: left && (!right || isPunctuation(before)), closes: right && (!left || isPunctuation(after)) };
  if (count >= 2) return { opens: !isSpace(after), closes: !isSpace(before) };
  return { opens: left && !(/[A-Za-z0-9]/.test(before) && /[A-Za-z0-9]/.test(after)), closes: right };
}

export function isSpace(char: string): boolean {
  return char === "" || /\s/.test(char);
}

function isPunctuation(char: string): boolean {
  return /[\p{P}\p{S}]/u.test(char);
}
