import type { Key } from "../terminal/keys.ts";
import { clustersOf, fit, harmless, widthOf } from "../terminal/width.ts";
import { type Action, actionOf } from "./bindings.ts";
import { type Around, edit, type Editor } from "./editor.ts";

/** What a key does in a text of one line: what would begin another one is a space in what is pasted, and nothing as a key. */
export function editLine(editor: Editor, key: Key): Editor {
  const action = actionOf(key.id);
  if (action !== undefined && ENDS_LINE.has(action)) return editor;
  return edit(editor, { ...key, text: key.text.replaceAll(/[\n\t]/g, " ") }, ALONE).editor;
}

const ENDS_LINE: ReadonlySet<Action> = new Set(["new-line", "send"]);
const ALONE: Around = { history: [], columns: Infinity };

/** A question and what is typed for it as one row of the screen, and the cursor's column: what is far from the cursor is left out. */
export function lineRow(question: string, { text, cursor }: Pick<Editor, "text" | "cursor">, columns: number): { readonly text: string; readonly cursor: number } {
  const shown = (part: string): string => harmless(part).replaceAll("\t", " ");
  const before = tail(question + shown(text.slice(0, cursor)), columns - 1);
  return { text: fit(before + shown(text.slice(cursor)), columns), cursor: widthOf(before) };
}

/** The end of the text, as far as there is room for it. */
function tail(text: string, columns: number): string {
  let width = widthOf(text);
  for (const cluster of clustersOf(text, 0)) {
    if (width <= columns) return text.slice(cluster.start);
    width -= cluster.width;
  }
  return "";
}
