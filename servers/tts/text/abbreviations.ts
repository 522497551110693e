/** What a dot after them does not end, whatever comes next. In lower case, without the last dot. */
const NEVER = new Set(
  ("dr mr mrs ms mx prof st gen rep sen gov capt cpt lt col sgt maj adm rev hon mt ft messrs vs e.g i.e eg ie cf viz approx ca al dept univ assn ave blvd rd bros " +
    "z.b d.h u.a o.ä s.o s.u bzw ca usw.d hr fr frl dipl ing evtl ggf inkl zzgl mme mlle m.e sr.a sra srta ud pág")
    .split(" "),
);
/** Nor after these, where a number comes next. */
const BEFORE_NUMBERS = new Set("no nos nr art sec ch chap fig figs eq p pp vol abb bd tel jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun".split(" "));
/** These end a sentence or go on, and only the next word tells. */
const EITHER = new Set("inc ltd co corp jr sr".split(" "));
/** Words that a sentence begins with, and hardly a name. */
const STARTERS = new Set(
  ("the a an this that these those it he she they we you i there here in on at for from with as if when while after before since but and so or yet however then what who why how where " +
    "is are was were do does did can could will would should may his her its our their your my no not now today yes all some many most one der die das es er sie wir ich ein eine").split(" "),
);
const GERMAN_MONTH = /^(?:januar|jänner|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember)\b/i;

/** Whether a sentence ends at a dot after a word: known at once, or once the next word is. */
export type Verdict = "ends" | "goes on" | "ask the next word";

/** `word` is what stands before the dot, `next` the first character after the white space. */
export function atDot(word: string, next: string): Verdict {
  const key = word.toLowerCase();
  if (NEVER.has(key)) return "goes on";
  if (/^\p{N}/u.test(next) && BEFORE_NUMBERS.has(key)) return "goes on";
  if (/^\p{L}$/u.test(word)) return word === "I" ? "ask the next word" : "goes on"; // an initial, or z. B.
  if (EITHER.has(key) || /^(?:\p{L}{1,3}\.)+\p{L}{1,2}$/u.test(word)) return "ask the next word"; // U.S., a.m., Ph.D.
  if (/^\d{1,2}$/.test(word)) return "ask the next word"; // am 3. Oktober
  return "ends";
}

/** The answer to `ask the next word`. */
export function startsSentence(word: string, next: string): boolean {
  if (/^\d{1,2}$/.test(word)) return !GERMAN_MONTH.test(next);
  const bare = next.toLowerCase().replaceAll(/[^\p{L}'’]/gu, "").replace(/['’].*$/u, "");
  return STARTERS.has(bare);
}
