import type { Key } from "../terminal/keys.ts";
import { actionOf } from "./bindings.ts";
import { placeIn, rowsOf, spotOf } from "./layout.ts";
import { after, before, blankBefore, lineEnd, lineStart, settled, wordAfter, wordBefore } from "./places.ts";
import { found, type Search, searched } from "./search.ts";

/** What is being written, and where in it. Nothing in it changes; a key gives another one. */
export interface Editor {
  readonly text: string;
  /** Where the next character goes, in UTF-16 units: always between two that are shown as one each. */
  readonly cursor: number;
  /** What was cut last, for Ctrl-Y. */
  readonly cut: string;
  /** What was last done, as far as the same done again goes together with it. */
  readonly last: "typed" | "cut" | "moved" | null;
  /** The column that Up and Down keep to. */
  readonly goal: number | null;
  /** What was before each change, the latest last. */
  readonly undo: readonly Draft[];
  /** Which entry of the history is shown, and what was being written before. */
  readonly recall: { readonly at: number; readonly draft: Draft } | null;
  readonly search: Search | null;
}

export interface Draft {
  readonly text: string;
  readonly cursor: number;
}

/** What surrounds the editor, and is not its own. */
export interface Around {
  /** What was sent before, the latest last. */
  readonly history: readonly string[];
  /** Columns that the text may take. */
  readonly columns: number;
}

/** What a key asks for beyond the text. */
export type Wish = "send" | "leave" | "interrupt" | "complete" | "clear-screen" | "open-editor" | "suspend" | null;

export interface Edited {
  readonly editor: Editor;
  readonly wish: Wish;
}

const MOST_UNDO = 200;

export const emptyEditor: Editor = { text: "", cursor: 0, cut: "", last: null, goal: null, undo: [], recall: null, search: null };

/** What a key does. */
export function edit(editor: Editor, key: Key, around: Around): Edited {
  if (editor.search !== null) return inSearch(editor, editor.search, key, around);
  const action = actionOf(key.id);
  const to = (cursor: number): Edited => quiet({ ...editor, cursor, last: null, goal: null });
  const { text, cursor } = editor;
  switch (action) {
    case "left":
      return to(before(text, cursor));
    case "right":
      return to(after(text, cursor));
    case "word-left":
      return to(wordBefore(text, cursor));
    case "word-right":
      return to(wordAfter(text, cursor));
    case "line-start":
      return to(lineStart(text, cursor));
    case "line-end":
      return to(lineEnd(text, cursor));
    case "text-start":
      return to(0);
    case "text-end":
      return to(text.length);
    case "up":
    case "down":
      return quiet(vertical(editor, action === "up" ? -1 : 1, around));
    case "delete-left":
      return quiet(changed(editor, before(text, cursor), cursor, ""));
    case "delete-right":
      return quiet(changed(editor, cursor, after(text, cursor), ""));
    case "delete-or-leave":
      return text === "" ? { editor, wish: "leave" } : quiet(changed(editor, cursor, after(text, cursor), ""));
    case "cut-word-left":
      return quiet(cutOut(editor, wordBefore(text, cursor), cursor));
    case "cut-blank-left":
      return quiet(cutOut(editor, blankBefore(text, cursor), cursor));
    case "cut-word-right":
      return quiet(cutOut(editor, cursor, wordAfter(text, cursor)));
    case "cut-line-left":
      return quiet(cutOut(editor, lineStart(text, cursor), cursor));
    case "cut-line-right":
      return quiet(cutOut(editor, cursor, lineEnd(text, cursor) === cursor ? after(text, cursor) : lineEnd(text, cursor)));
    case "paste-cut":
      return quiet(changed(editor, cursor, cursor, editor.cut));
    case "transpose":
      return quiet(transposed(editor));
    case "undo":
      return quiet(undone(editor));
    case "new-line":
      return quiet(changed(editor, cursor, cursor, "\n"));
    case "send":
      if (cursor === text.length && text.endsWith("\\")) return quiet(changed(editor, cursor - 1, cursor, "\n"));
      return { editor, wish: "send" };
    case "search":
      if (around.history.length === 0) return quiet(editor);
      return quiet({ ...editor, search: { query: "", at: around.history.length, missed: false, before: { text, cursor } } });
    case "nothing":
      return quiet(editor);
    case undefined:
      return key.text === "" ? quiet(editor) : quiet(typed(editor, key));
    case "interrupt":
    case "complete":
    case "clear-screen":
    case "open-editor":
    case "suspend":
      return { editor, wish: action };
  }
}

/** The text with something put in where the cursor is, as from the completion of a word. */
export function insert(editor: Editor, text: string, from: number = editor.cursor): Editor {
  return changed(editor, from, editor.cursor, text);
}

/** Another text as a whole, the cursor behind it; the one before can be had back. */
export function replaceAll(editor: Editor, text: string): Editor {
  return changed(editor, 0, editor.text.length, text);
}

/** Empty, as after sending; what was cut stays. */
export function emptied(editor: Editor): Editor {
  return { ...emptyEditor, cut: editor.cut };
}

/** Letters and line feeds; nothing that a terminal would obey, or that would turn the order of what is read. */
export function typable(text: string): string {
  return text.replaceAll(/(?![\t\n])[\p{Cc}\p{Surrogate}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, "");
}

function quiet(editor: Editor): Edited {
  return { editor, wish: null };
}

function draftOf({ text, cursor }: Editor): Draft {
  return { text, cursor };
}

function changed(editor: Editor, from: number, to: number, by: string): Editor {
  const added = typable(by);
  if (from === to && added === "") return { ...editor, last: null, goal: null };
  const text = editor.text.slice(0, from) + added + editor.text.slice(to);
  return { ...editor, text, cursor: settled(text, from + added.length), last: null, goal: null, undo: [...editor.undo.slice(-MOST_UNDO), draftOf(editor)] };
}

/** Letters that are typed one after another are undone together, a word at a time. */
function typed(editor: Editor, { id, text }: Key): Editor {
  const next = changed(editor, editor.cursor, editor.cursor, text);
  if (id === "paste") return next;
  const joins = editor.last === "typed" && !/\s/.test(text);
  return { ...next, last: "typed", undo: joins ? editor.undo : next.undo };
}

/** What is cut one piece after another comes back together. */
function cutOut(editor: Editor, from: number, to: number): Editor {
  if (from === to) return editor;
  const piece = editor.text.slice(from, to);
  const cut = editor.last !== "cut" ? piece : to === editor.cursor ? piece + editor.cut : editor.cut + piece;
  return { ...changed(editor, from, to, ""), cut, last: "cut" };
}

/** The character before the cursor changes places with the one behind it; at the end of a line the two before it do. */
function transposed(editor: Editor): Editor {
  const { text, cursor } = editor;
  const middle = lineEnd(text, cursor) === cursor ? before(text, cursor) : cursor;
  const [start, end] = [before(text, middle), after(text, middle)];
  if (middle === lineStart(text, cursor) || start === middle || end === middle) return editor;
  return changed({ ...editor, cursor: end }, start, end, text.slice(middle, end) + text.slice(start, middle));
}

function undone(editor: Editor): Editor {
  const draft = editor.undo.at(-1);
  return draft === undefined ? editor : { ...editor, ...draft, last: null, goal: null, undo: editor.undo.slice(0, -1) };
}

/** To the row above or below; from the first or last one through the history. */
function vertical(editor: Editor, step: 1 | -1, around: Around): Editor {
  const rows = rowsOf(editor.text, around.columns);
  const spot = spotOf(editor.text, editor.cursor, rows, around.columns);
  const row = rows[spot.row + step];
  if (row === undefined) return recalled(editor, step, around);
  const goal = editor.goal ?? spot.column;
  return { ...editor, cursor: placeIn(editor.text, row, goal, around.columns), goal, last: "moved" };
}

/** An entry of the history, or behind the latest one what was being written. */
function recalled(editor: Editor, step: 1 | -1, { history }: Around): Editor {
  const { recall } = editor;
  const at = (recall?.at ?? history.length) + step;
  const entry = history[at];
  if (entry === undefined) {
    if (recall === null || at < 0) return editor;
    return { ...editor, ...recall.draft, recall: null, last: null, goal: null };
  }
  return { ...editor, ...whole(entry), recall: { at, draft: recall?.draft ?? draftOf(editor) }, last: null, goal: null };
}

function whole(entry: string): Draft {
  const text = typable(entry);
  return { text, cursor: text.length };
}

/** Keys that are none of the search's end it, and do what they do. */
function inSearch(editor: Editor, search: Search, key: Key, around: Around): Edited {
  const result = searched(search, key, around.history);
  switch (result.kind) {
    case "going-on": {
      const match = found(result.search, around.history);
      return quiet({ ...editor, ...match, search: result.search });
    }
    case "given-up":
      return quiet({ ...editor, ...search.before, search: null, last: null });
    case "taken": {
      const taken = search.at < around.history.length ? { recall: { at: search.at, draft: editor.recall?.draft ?? search.before } } : {};
      return edit({ ...editor, ...taken, search: null, last: null }, key, around);
    }
  }
}
