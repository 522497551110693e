import type { Heard } from "../engine/messages.ts";
import { type Cue, cuesOf } from "./cues.ts";

export type TranscriptFormat = "text" | "json" | "srt" | "vtt";

/** A transcript as it is written: what it returns, one behind the other, is a whole document. */
export interface Writer {
  utterance(heard: Heard): string;
  /** What ends it; may be empty. `seconds` is how long the recording was. */
  end(seconds: number): string;
}

/** `words`: the times of words are wanted; only JSON has a place for them. */
export function openWriter(format: TranscriptFormat, words: boolean): Writer {
  switch (format) {
    case "text":
      return { utterance: ({ text }) => `${text}\n`, end: () => "" };
    case "json":
      return jsonWriter(words);
    case "srt":
      return subtitleWriter("", ",", (index) => `${index}\n`, (text) => text);
    case "vtt":
      return subtitleWriter("WEBVTT\n\n", ".", () => "", escaped);
  }
}

function jsonWriter(withWords: boolean): Writer {
  let before = '{"utterances": [\n  ';
  const next = (): string => {
    const written = before;
    before = ",\n  ";
    return written;
  };
  return {
    utterance: ({ text, start, end, words }) => `${next()}${JSON.stringify({ start: rounded(start), end: rounded(end), text, ...(withWords ? { words: words.map(timed) } : {}) })}`,
    end: (seconds) => `${before.startsWith(",") ? "\n" : '{"utterances": ['}], "seconds": ${rounded(seconds)}}\n`,
  };
}

function subtitleWriter(header: string, point: string, number: (index: number) => string, write: (text: string) => string): Writer {
  let before = header;
  let index = 0;
  const cue = ({ start, end, text }: Cue): string => `${number(++index)}${clock(start, point)} --> ${clock(Math.max(end, start + 0.001), point)}\n${write(text)}\n\n`;
  return {
    utterance(heard) {
      const written = before + cuesOf(heard).map(cue).join("");
      before = "";
      return written;
    },
    end: () => before,
  };
}

/** `00:01:02,345` */
function clock(seconds: number, point: string): string {
  const ms = Math.round(Math.max(0, seconds) * 1000);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}${point}${String(ms % 1000).padStart(3, "0")}`;
}

/** What WebVTT would take for markup. Source: https://www.w3.org/TR/webvtt1/, 4.2.2 */
const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Milliseconds; what is finer nobody hears. */
export const rounded = (seconds: number): number => Math.round(seconds * 1000) / 1000;

export const timed = ({ word, start, end }: Heard["words"][number]): Heard["words"][number] => ({ word, start: rounded(start), end: rounded(end) });
