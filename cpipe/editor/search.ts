import type { Key } from "../terminal/keys.ts";
import type { Draft } from "./editor.ts";
import { settled } from "./places.ts";

/** A search back through what was sent before. */
export interface Search {
  readonly query: string;
  /** The entry that is shown; the number of entries while none is. */
  readonly at: number;
  /** Nothing, or nothing older, has the query in it. */
  readonly missed: boolean;
  /** What was being written when it began. */
  readonly before: Draft;
}

export type Searched = { readonly kind: "going-on"; readonly search: Search } | { readonly kind: "given-up" } | { readonly kind: "taken" };

const segmenter = new Intl.Segmenter();

/** What a key does in a search. */
export function searched(search: Search, key: Key, history: readonly string[]): Searched {
  switch (key.id) {
    case "ctrl-r":
      return going(older(search, search.at - 1, history));
    case "backspace": {
      const query = [...segmenter.segment(search.query)].slice(0, -1).map(({ segment }) => segment).join("");
      return going(older({ ...search, query }, history.length, history));
    }
    case "escape":
      return { kind: "taken" };
    case "ctrl-c":
    case "ctrl-g":
      return { kind: "given-up" };
    default: {
      if (key.text === "") return { kind: "taken" };
      const query = search.query + key.text.replaceAll("\n", " ");
      return going(older({ ...search, query }, search.at, history));
    }
  }
}

/** The entry that a search has come to, the cursor at what was looked for. */
export function found({ query, at }: Search, history: readonly string[]): Draft | null {
  const text = history[at];
  return text === undefined ? null : { text, cursor: settled(text, Math.max(0, Math.min(text.length, placeOf(text, query)))) };
}

/** Capitals matter when there are some, as in the viewer. */
function placeOf(text: string, query: string): number {
  return query === query.toLowerCase() ? text.toLowerCase().indexOf(query) : text.indexOf(query);
}

/** The latest entry from `from` backwards that has the query in it. */
function older(search: Search, from: number, history: readonly string[]): Search {
  if (search.query === "") return { ...search, at: history.length, missed: false };
  for (let at = Math.min(from, history.length - 1); at >= 0; at--) {
    if (placeOf(history[at] ?? "", search.query) !== -1) return { ...search, at, missed: false };
  }
  return { ...search, missed: true };
}

function going(search: Search): Searched {
  return { kind: "going-on", search };
}
