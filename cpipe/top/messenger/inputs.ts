import type { CommandShape } from "../../../pipes/protocol/interfaces/shape.ts";
import { rowsOf, rowsWritten, shown, spotOf } from "../../editor/layout.ts";
import { widthOf } from "../../terminal/width.ts";
import { padded, type Row, row, wrapped } from "../row.ts";
import type { Form, FormField, Messenger } from "./model.ts";

interface Inputs {
  readonly rows: readonly Row[];
  /** The row that has to be seen. */
  readonly focus: number;
  /** Where text is typed. */
  readonly cursor: { readonly row: number; readonly column: number } | null;
}

const LONGEST_LABEL = 18;

/** The commands to choose from, or the form of the one that was chosen. */
export function inputs(page: Messenger, columns: number): Inputs {
  return page.form === null ? commandRows(page, columns) : formRows(page.form, page.focus === "form", columns);
}

function commandRows({ commands, at, focus }: Messenger, columns: number): Inputs {
  const width = Math.min(Math.max(...commands.map((command) => widthOf(usage(command)))), Math.max(10, Math.floor(columns / 3)));
  const rows = commands.map((command, index): Row => {
    const name = ` ${padded(usage(command), width)}  `;
    if (index !== at) return [{ text: name, tint: "strong" }, { text: command.description, tint: "faint" }];
    return [{ text: padded(name + command.description, columns), tint: focus === "commands" ? "picked" : "strong" }];
  });
  return { rows, focus: at, cursor: null };
}

/** `ask PROMPT`: the command, and what it cannot do without. */
function usage({ name, args }: CommandShape): string {
  return [name, ...args.filter(({ required }) => required).map((arg) => arg.name.toUpperCase())].join(" ");
}

function formRows(form: Form, active: boolean, columns: number): Inputs {
  const { command, fields, problem } = form;
  const rows: Row[] = [...wrapped([{ text: ` ${command.name}`, tint: "title" }, { text: `  ${command.description}` }], columns)];
  if (command.audio === "request") rows.push(...wrapped(row(" Sound cannot be piped in here; name a file in path, where it takes one.", "faint"), columns));
  if (fields.length === 0) rows.push(row(" It takes no arguments.", "faint"));
  const label = labelWidth(form, columns);
  const room = fieldColumns(form, columns);
  let focus = 0;
  let cursor: Inputs["cursor"] = null;
  for (const [at, field] of fields.entries()) {
    const isAt = active && at === form.at;
    const value = valueRows(field, room, isAt);
    if (isAt) focus = rows.length + (value.cursor?.row ?? 0);
    if (isAt && value.cursor !== null) cursor = { row: rows.length + value.cursor.row, column: label + 2 + value.cursor.column };
    for (const [index, spans] of value.rows.entries()) {
      const name = index === 0 ? padded(`${field.arg.name}${field.arg.required ? "*" : ""}`, label) : " ".repeat(label);
      rows.push([{ text: isAt && index === 0 ? ">" : " ", tint: "strong" }, { text: `${name} `, tint: isAt ? "strong" : undefined }, ...spans]);
    }
    if (problem?.name === field.arg.name) rows.push(...indented(row(problem.reason, "bad"), label, columns));
    else if (isAt) rows.push(...indented(row(about(field), "faint"), label, columns));
  }
  return { rows, focus, cursor };
}

function indented(line: Row, label: number, columns: number): Row[] {
  return wrapped(line, roomBeside(label, columns)).map((spans) => [{ text: " ".repeat(label + 2) }, ...spans]);
}

function about({ arg, choices, multiline }: FormField): string {
  const notes = [choices === null ? arg.type : "Space: the next one", arg.required ? "required" : "", arg.default === null || arg.default === undefined ? "" : `default ${JSON.stringify(arg.default)}`, multiline ? "Alt-Enter: another line" : ""];
  return `${arg.description} (${notes.filter((note) => note !== "").join(", ")})`.trim();
}

/** What is typed, broken where a row is full, and where the cursor is in that. */
function valueRows({ editor: { text, cursor }, choices }: FormField, columns: number, isAt: boolean): { rows: Row[]; cursor: { row: number; column: number } | null } {
  if (choices !== null) return { rows: [row(text === "" ? "–" : text, isAt ? "picked" : undefined)], cursor: null };
  const rows = isAt ? rowsOf(text, columns) : rowsWritten(text, columns);
  return { rows: rows.map((one) => row(shown(text, one, columns))), cursor: isAt ? spotOf(text, cursor, rows, columns) : null };
}

/** Columns that what is typed may take. */
export function fieldColumns(form: Form, columns: number): number {
  return roomBeside(labelWidth(form, columns), columns);
}

function labelWidth({ fields }: Form, columns: number): number {
  return Math.min(LONGEST_LABEL, Math.max(4, ...fields.map(({ arg }) => widthOf(arg.name) + 1)), Math.max(4, Math.floor(columns / 3)));
}

function roomBeside(label: number, columns: number): number {
  return Math.max(4, columns - label - 3);
}
