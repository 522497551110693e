import { inputs } from "./inputs.ts";
import { bodyHeight, type Model } from "../model.ts";
import { rowsOf, windowOf } from "../pane.ts";
import { type Row, row } from "../row.ts";
import { answerLines } from "./answers.ts";
import type { Messenger } from "./model.ts";

export interface Laid {
  readonly rows: readonly Row[];
  readonly cursor: { readonly row: number; readonly column: number } | null;
}

/** The messenger's part of the screen: what is chosen or filled in, below it what came for what was sent. */
export function messengerBody(model: Pick<Model, "size">, page: Messenger): Laid {
  const { columns } = model.size;
  const height = bodyHeight(model);
  const { rows, focus, cursor } = inputs(page, columns);
  const above = inputHeight(rows.length, height, page);
  const top = Math.max(0, Math.min(rows.length - above, focus - Math.floor(above / 2)));
  const shown = rows.slice(top, top + above);
  const filled = [...shown, ...Array.from({ length: above - shown.length }, () => [])];
  const at = cursor === null || page.focus !== "form" ? null : { row: cursor.row - top, column: cursor.column };
  const seen = at !== null && at.row >= 0 && at.row < above ? at : null;
  if (page.exchanges.length === 0 || height - above < 2) return { rows: filled, cursor: seen };
  const title = `── ${page.verbose ? "every event" : "answers"} `;
  const answers = windowOf(rowsOf(answerLines(page.exchanges, page.verbose), columns), page.scroll, height - above - 1);
  return { rows: [...filled, row(title + "─".repeat(Math.max(0, columns - title.length)), page.focus === "answers" ? "strong" : "faint"), ...answers], cursor: seen };
}

/** Rows of the answers, without the line above them. */
export function answersHeight(model: Pick<Model, "size">, page: Messenger): number {
  const height = bodyHeight(model);
  return Math.max(1, height - inputHeight(inputs(page, model.size.columns).rows.length, height, page) - 1);
}

/** All that is needed, where there are no answers yet; no more than half the room, and little of it once only those are read. */
function inputHeight(needed: number, height: number, { exchanges, focus }: Messenger): number {
  if (exchanges.length === 0) return height;
  const most = focus === "answers" ? Math.max(1, Math.floor(height / 3)) : Math.max(3, Math.floor(height / 2));
  return Math.min(needed, most);
}
