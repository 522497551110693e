import { lineRow } from "../editor/line.ts";
import type { Frame } from "../terminal/frame.ts";
import { widthOf } from "../terminal/width.ts";
import { detailLines } from "./details.ts";
import { headerRow, problemRows } from "./header.ts";
import { type Laid, messengerBody } from "./messenger/layout.ts";
import { bodyHeight, type Model, toolsShown } from "./model.ts";
import type { Paint } from "./paint.ts";
import { rowsOf, windowOf } from "./pane.ts";
import { padded, painted, type Row, row, visible } from "./row.ts";
import { tableRows } from "./table.ts";

/** The whole screen: a header, what is looked at, and what can be done. `now` in ms since 1970. */
export function screenOf(model: Model, now: number, paint: Paint): Frame {
  const { columns, rows } = model.size;
  const height = bodyHeight(model);
  const body = bodyOf(model, height, now);
  const filled = Array.from({ length: height }, (_, at) => body.rows[at] ?? []);
  const last = lastRow(model);
  const screen = [headerRow(model, now), ...filled, last.row].slice(0, rows);
  const cursor = last.cursor !== null ? { row: rows - 1, column: last.cursor } : body.cursor === null ? null : { row: body.cursor.row + 1, column: Math.min(columns - 1, body.cursor.column) };
  return { rows: screen.map((spans) => painted(spans, columns, paint)), cursor: rows < 3 ? null : cursor };
}

function bodyOf(model: Model, height: number, now: number): Laid {
  const { page, size } = model;
  switch (page.kind) {
    case "fleet":
      return { rows: fleetRows(model, height, now), cursor: null };
    case "details":
      return { rows: windowOf(rowsOf(detailLines(model, page.tool, now), size.columns), page.scroll, height), cursor: null };
    case "text":
      return { rows: windowOf(rowsOf(page.lines, size.columns), page.scroll, height), cursor: null };
    case "logs":
      return { rows: page.lines.length === 0 ? [row(" Nothing has been logged yet.", "faint")] : windowOf(rowsOf(page.lines, size.columns), page.scroll, height), cursor: null };
    case "messenger":
      return messengerBody(model, page);
  }
}

function fleetRows(model: Model, height: number, now: number): Row[] {
  const { columns } = model.size;
  if (model.daemon === null) return rowsOf(NO_DAEMON, columns);
  const problems = rowsOf(problemRows(model), columns).slice(0, Math.max(0, height - 3));
  const isEmpty = toolsShown(model).length === 0;
  const none = model.filter === "" ? `There are no tools in ${model.daemon.config.path}. e edits it.` : `No tool has ${model.filter} in its name. Esc shows all.`;
  return [...problems, ...(isEmpty ? (model.attached ? rowsOf([row(` ${none}`)], columns) : []) : tableRows(model, height - problems.length, now))];
}

const NO_DAEMON: readonly Row[] = [[], row(" The daemon is not running."), [], row(" Start it in another terminal: pipe-tools"), row(" As a service from login on: cpipe --install-service"), row(" Where the service is installed, s starts it."), [], row(" What it runs is shown here as soon as it does.", "faint")];

/** A question, what has happened, or what keys there are. */
function lastRow(model: Model): { readonly row: Row; readonly cursor: number | null } {
  const { columns } = model.size;
  const { question, notice, running } = model;
  if (question?.kind === "filter") {
    const typed = lineRow("/", question.editor, columns);
    return { row: row(typed.text), cursor: typed.cursor };
  }
  if (question?.kind === "confirm") return { row: row(padded(` ${question.asks}`, columns), "bar"), cursor: null };
  const under = running.map(({ what }) => what).join(", ");
  const more = notice !== null && notice.full.length > 0 && widthOf(visible(notice.text)) > columns - 2 ? "! shows all of it: " : "";
  const lost = model.daemon === null || model.attached ? "" : ` connecting to the daemon${model.trouble === null ? " …" : `: ${model.trouble}`}`;
  const told = notice !== null ? ` ${more}${notice.text}` : under !== "" ? ` ${under} …` : lost;
  const hints = hintsOf(model);
  const left = told !== "" ? told : model.filter !== "" && model.page.kind === "fleet" ? ` only those with ${model.filter}` : "";
  const gap = columns - widthOf(visible(left)) - widthOf(hints) - 1;
  const text = left === "" ? ` ${hints}` : gap < 2 ? left : `${left}${" ".repeat(gap)}${hints}`;
  return { row: row(padded(text, columns), "bar"), cursor: null };
}

function hintsOf({ page, daemon }: Model): string {
  switch (page.kind) {
    case "fleet":
      return daemon === null ? "s start  q quit" : "? help  enter more  l log  m message  s x r start stop restart  q quit";
    case "details":
      return "l log  m message  q back";
    case "text":
      return "any key goes back";
    case "logs":
      return "+ - level  a all or one  G follow  q back";
    case "messenger":
      return page.focus === "answers" && page.exchanges.some(({ state }) => state === "running") ? "esc cancel  v every event" : MESSENGER_HINTS[page.focus];
  }
}

const MESSENGER_HINTS = { commands: "enter choose  q back", form: "enter next, at last send  ^S send  ^P earlier  esc back", answers: "enter again  v every event  q back" } as const;
