import { typable } from "../editor/editor.ts";
import type { Style } from "../style.ts";
import type { Size } from "../terminal/hold.ts";
import { AnswerText } from "./answer.ts";
import type { Current } from "./current.ts";
import { noteRows, sentRows } from "./screen.ts";

/** Lines of a message that are shown when its conversation goes on. */
const MOST_LINES = 10;

/** How a conversation stands that goes on now, as lines to print: what was said last, and its answer. */
export function recalled({ name, turns, unread }: Pick<Current, "name" | "turns" | "unread">, size: Size, style: Style): string {
  const note = (text: string): string => noteRows(text, size, style.faint);
  const at = turns.findLastIndex(({ role }) => role === "user");
  const said = at === -1 ? [] : turns.slice(at);
  return [
    note(`going on with ${name}${turns.length === 0 ? ", which is new" : ""}`),
    unread === 0 ? "" : note(`what could not be read of its file was left out (${unread} ${unread === 1 ? "line" : "lines"})`),
    ...said.flatMap(({ role, content, stopped }) => [role === "user" ? sentRows(beginning(typable(content)), size, style) : answered(content, size, style), stopped === true ? note("(stopped)") : ""]),
  ].join("");
}

function answered(content: string, { columns }: Size, style: Style): string {
  const answer = new AnswerText(columns, style.faint);
  return answer.text(content, columns, Infinity) + answer.pause();
}

/** As much of a message as one remembers it by: a file may stand in it. */
function beginning(text: string): string {
  const lines = text.split("\n");
  return lines.length <= MOST_LINES ? text : `${lines.slice(0, MOST_LINES).join("\n")}\n… ${lines.length - MOST_LINES} more lines`;
}
