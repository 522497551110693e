import type { ToolEvent } from "../../../pipes/protocol/messages.ts";
import { newsOf } from "../../status.ts";
import { useOf } from "../../use.ts";
import type { Row } from "../row.ts";
import { row } from "../row.ts";
import type { Exchange } from "./model.ts";

/** So much of one answer is kept: lines, and characters of one line before it goes on in another. */
const MOST_LINES = 2000;
const LONGEST_LINE = 4096;

/** What an event of the answer adds. `text` is what it is shown as. */
export function withEvent(exchange: Exchange, event: ToolEvent, text: string): Exchange {
  const { req_id: _, ...told } = event;
  const use = useOf(event);
  const lines = use === null ? withText(exchange.lines, text) : [...closed(exchange.lines), row(use, "faint"), []];
  return { ...exchange, lines: last(lines), events: last([...exchange.events, row(JSON.stringify(told))]), news: newsOf(event) };
}

export function withEnd(exchange: Exchange, failure: string | null): Exchange {
  if (failure === null) return { ...exchange, state: "answered", news: null };
  const said = row(failure, "bad");
  return { ...exchange, state: "failed", news: null, lines: [...closed(exchange.lines), said], events: [...exchange.events, said] };
}

/** All that was sent and has come, as lines. */
export function answerLines(exchanges: readonly Exchange[], verbose: boolean): Row[] {
  return exchanges.flatMap(({ cmd, args, lines, events, news, state }) => [
    [{ text: `> ${cmd}`, tint: "title" }, { text: Object.keys(args).length === 0 ? "" : ` ${JSON.stringify(args)}`, tint: "faint" }],
    ...(verbose ? events : closed(lines)),
    ...(news !== null ? [row(news, "busy")] : state === "running" && lines.length === 0 ? [row("…", "faint")] : []),
  ]);
}

/** The last line is the one that goes on; an empty one has not begun. */
function withText(lines: readonly Row[], text: string): readonly Row[] {
  if (text === "") return lines;
  const [first = "", ...more] = text.split("\n");
  const begun = lines.at(-1)?.[0]?.text ?? "";
  const isLong = begun.length > LONGEST_LINE;
  const before = isLong ? lines : lines.slice(0, -1);
  return [...before, row(isLong ? first : begun + first), ...more.map((line) => row(line))];
}

function closed(lines: readonly Row[]): readonly Row[] {
  const end = lines.at(-1);
  return end !== undefined && end.every(({ text }) => text === "") ? lines.slice(0, -1) : lines;
}

function last(lines: readonly Row[]): readonly Row[] {
  return lines.length > MOST_LINES ? lines.slice(-MOST_LINES) : lines;
}
