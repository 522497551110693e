import { keyTable } from "../terminal/bindings.ts";

/** What a key asks for while the text is shown. */
export type Action =
  | "up" | "down" | "half-up" | "half-down" | "page-up" | "page-down" | "top" | "end"
  | "search" | "next" | "previous" | "forget-search"
  | "copy-answer" | "copy-code" | "write" | "help" | "redraw" | "suspend" | "quit" | "interrupt";

export const { actionOf, help: helpLines } = keyTable<Action>([
  { keys: ["up", "k", "ctrl-p"], action: "up", help: ["up, k", "a row up; the text then stays where it is"] },
  { keys: ["down", "j", "enter", "ctrl-j", "ctrl-n", "ctrl-e"], action: "down", help: ["down, j, Enter", "a row down; at the end it follows again"] },
  { keys: ["page-up", "b", "ctrl-b"], action: "page-up", help: ["PgUp, b", "a page up"] },
  { keys: ["page-down", "space", "f", "ctrl-f"], action: "page-down", help: ["PgDn, Space, f", "a page down"] },
  { keys: ["u", "ctrl-u"], action: "half-up", help: ["u, d", "half a page up, down"] },
  { keys: ["d", "ctrl-d"], action: "half-down" },
  { keys: ["g", "home", "<"], action: "top", help: ["g, Home", "to the beginning"] },
  { keys: ["G", "F", "end", ">"], action: "end", help: ["G, End", "to the end, and follow it"] },
  { keys: ["/"], action: "search", help: ["/", "search; capitals matter when there are some"] },
  { keys: ["n"], action: "next", help: ["n, N", "the next match, the one before"] },
  { keys: ["N"], action: "previous" },
  { keys: ["escape"], action: "forget-search", help: ["Esc", "no more highlights"] },
  { keys: ["y"], action: "copy-answer", help: ["y", "copy the last answer"] },
  { keys: ["c"], action: "copy-code", help: ["c", "copy the last code block"] },
  { keys: ["w"], action: "write", help: ["w", "write the last answer to a file"] },
  { keys: ["?", "h", "f1"], action: "help", help: ["?", "this"] },
  { keys: ["ctrl-l"], action: "redraw" },
  { keys: ["ctrl-z"], action: "suspend" },
  { keys: ["q", "Q"], action: "quit", help: ["q", "quit"] },
  { keys: ["ctrl-c"], action: "interrupt" },
]);
