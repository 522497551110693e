import { splitFile } from "../../servers/vector/files/split/split.ts";

export interface Document {
  readonly path: string;
  readonly text: string;
}

/** What is looked for, and the passage that is to be found. */
export interface Question {
  readonly text: string;
  /** A place in `passages`. */
  readonly answer: number;
}

export interface Questions {
  readonly passages: readonly string[];
  readonly questions: readonly Question[];
}

/**
 * Makes questions of headings: each asks for the passage that it stood in. The headings themselves are taken out of all passages, so
 * nothing is found by its own title. One that says too little, being a single word or there twice, has the title of its document
 * before it ("pino options"); what is there twice even so is no question.
 */
export function questionsOf(documents: readonly Document[]): Questions {
  const passages: string[] = [];
  const found: Array<{ readonly title: string; readonly heading: string; readonly answer: number }> = [];
  for (const { path, text } of documents) {
    let title: string | null = null;
    for (const passage of splitFile(path, text)) {
      const { headings, rest } = withoutHeadings(passage.text);
      title ??= headings[0] ?? null;
      if (rest.length < SHORTEST) continue;
      const answer = passages.push(rest) - 1;
      for (const heading of headings) found.push({ title: title ?? "", heading, answer });
    }
  }
  const times = timesOf(found.map(({ heading }) => heading));
  const asked = found.map(({ title, heading, answer }) => ({ text: title === heading || (wordsOf(heading).length >= FEWEST_WORDS && times.get(heading.toLowerCase()) === 1) ? heading : `${title} ${heading}`, answer }));
  const twice = timesOf(asked.map(({ text }) => text));
  return { passages, questions: asked.filter(({ text }) => twice.get(text.toLowerCase()) === 1 && wordsOf(text).length >= FEWEST_WORDS) };
}

/** In characters; less says nothing that could be asked for. */
const SHORTEST = 80;
const FEWEST_WORDS = 2;

function timesOf(texts: readonly string[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const text of texts) times.set(text.toLowerCase(), (times.get(text.toLowerCase()) ?? 0) + 1);
  return times;
}

function withoutHeadings(text: string): { headings: string[]; rest: string } {
  const headings: string[] = [];
  const rest: string[] = [];
  let fenced = false;
  for (const line of text.split("\n")) {
    if (/^\s*(?:```|~~~)/.test(line)) fenced = !fenced;
    const title = fenced ? undefined : /^ {0,3}#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1];
    if (title === undefined) rest.push(line);
    else headings.push(plain(title));
  }
  return { headings: headings.filter((heading) => heading !== ""), rest: rest.join("\n").trim() };
}

/** Without the marks of Markdown and HTML. */
function plain(title: string): string {
  return title.replaceAll(/<[^>]*>/g, " ").replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll(/[`*_~[\]\\]/g, " ").replaceAll(/\s+/g, " ").trim();
}

function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{N}]{2,}/gu) ?? [];
}
