import type { Key } from "../terminal/keys.ts";
import { clustersOf, harmless } from "../terminal/width.ts";

/** Text that is being typed, and where: between two characters, in UTF-16 units. */
export interface Field {
  readonly text: string;
  readonly cursor: number;
}

export const emptyField: Field = { text: "", cursor: 0 };

/** After a key; the same field for a key that edits nothing. A field of one line takes line feeds as spaces. */
export function edited(field: Field, key: Key, multiline: boolean): Field {
  const { text, cursor } = field;
  switch (key.id) {
    case "left":
    case "ctrl-b":
      return { text, cursor: before(text, cursor) };
    case "right":
    case "ctrl-f":
      return { text, cursor: after(text, cursor) };
    case "home":
    case "ctrl-a":
      return { text, cursor: lineStart(text, cursor) };
    case "end":
    case "ctrl-e":
      return { text, cursor: lineEnd(text, cursor) };
    case "backspace":
      return without(text, before(text, cursor), cursor);
    case "delete":
    case "ctrl-d":
      return without(text, cursor, after(text, cursor));
    case "ctrl-w":
      return without(text, cursor - (/\S*\s*$/.exec(text.slice(0, cursor))?.[0].length ?? 0), cursor);
    case "ctrl-u":
      return without(text, lineStart(text, cursor), cursor);
    case "ctrl-k":
      return without(text, cursor, lineEnd(text, cursor));
    case "alt-enter":
      return multiline ? inserted(field, "\n") : field;
    default:
      return key.text === "" ? field : inserted(field, multiline ? harmless(key.text) : harmless(key.text).replaceAll(/[\n\t]/g, " "));
  }
}

/** The cursor a line up (-1) or down (1); null where there is none. */
export function movedLine({ text, cursor }: Field, by: -1 | 1): Field | null {
  const column = cursor - lineStart(text, cursor);
  const target = by < 0 ? lineStart(text, cursor) - 1 : lineEnd(text, cursor) + 1;
  if (target < 0 || target > text.length) return null;
  const start = lineStart(text, target);
  const wanted = Math.min(start + column, lineEnd(text, start));
  return { text, cursor: wanted === text.length ? wanted : before(text, wanted + 1) };
}

function inserted({ text, cursor }: Field, more: string): Field {
  return settled(text.slice(0, cursor) + more + text.slice(cursor), cursor + more.length);
}

function without(text: string, from: number, to: number): Field {
  return settled(text.slice(0, from) + text.slice(to), from);
}

/** What has come to stand side by side may be one character: the cursor goes behind it. */
function settled(text: string, cursor: number): Field {
  return { text, cursor: cursor === 0 ? 0 : after(text, cursor - 1) };
}

function lineStart(text: string, at: number): number {
  return at === 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1;
}

function lineEnd(text: string, at: number): number {
  const feed = text.indexOf("\n", at);
  return feed === -1 ? text.length : feed;
}

/** The borders of characters on both sides: what is shown as one is passed and deleted as one. */
function before(text: string, at: number): number {
  let last = 0;
  for (const { start } of clustersOf(text, 0)) {
    if (start >= at) break;
    last = start;
  }
  return last;
}

function after(text: string, at: number): number {
  for (const { end } of clustersOf(text, 0)) if (end > at) return end;
  return text.length;
}
