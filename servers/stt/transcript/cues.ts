import type { Heard } from "../engine/messages.ts";

/** A subtitle: what is shown from `start` to `end`. */
export interface Cue {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Two lines of a film. Source: BBC Subtitle Guidelines */
const MOST_CHARACTERS = 74;
const MOST_SECONDS = 6;

/** An utterance as subtitles: cut between words where it is long and the words' times are known. */
export function cuesOf({ text, words, start, end }: Pick<Heard, "text" | "words" | "start" | "end">): Cue[] {
  if (words.length === 0 || (text.length <= MOST_CHARACTERS && end - start <= MOST_SECONDS)) return [{ start, end, text }];
  const cues: Cue[] = [];
  for (const { word, start, end } of words) {
    const last = cues.at(-1);
    const longer = last === undefined ? "" : `${last.text} ${word}`;
    if (last === undefined || longer.length > MOST_CHARACTERS || end - last.start > MOST_SECONDS) cues.push({ start, end, text: word });
    else cues[cues.length - 1] = { start: last.start, end, text: longer };
  }
  return cues;
}
