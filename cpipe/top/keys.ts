import { keyTable } from "../terminal/bindings.ts";

/** What a key asks for while the tools are shown. */
export type Action =
  | "up" | "down" | "page-up" | "page-down" | "first" | "last"
  | "details" | "logs" | "all-logs" | "message" | "filter" | "forget"
  | "start" | "stop" | "restart" | "release" | "reload" | "dry-run" | "edit"
  | "explain" | "help" | "redraw" | "suspend" | "quit" | "interrupt";

export const { actionOf, help: helpLines } = keyTable<Action>([
  { keys: ["up", "k", "ctrl-p"], action: "up", help: ["up, k, down, j", "another tool"] },
  { keys: ["down", "j", "ctrl-n"], action: "down" },
  { keys: ["page-up", "ctrl-b"], action: "page-up", help: ["PgUp, PgDn, g, G", "a screen further, the first and the last one"] },
  { keys: ["page-down", "ctrl-f"], action: "page-down" },
  { keys: ["home", "g"], action: "first" },
  { keys: ["end", "G"], action: "last" },
  { keys: ["enter", "right"], action: "details", help: ["Enter", "all that is known of it: deaths, processes, commands"] },
  { keys: ["l"], action: "logs", help: ["l, L", "its log, all logs, as they come"] },
  { keys: ["L"], action: "all-logs" },
  { keys: ["m"], action: "message", help: ["m", "send it a command, see the answer as it comes"] },
  { keys: ["s"], action: "start", help: ["s, x, r", "start, stop, restart it"] },
  { keys: ["x"], action: "stop" },
  { keys: ["r"], action: "restart" },
  { keys: ["f"], action: "release", help: ["f", "free its memory until its next request"] },
  { keys: ["R"], action: "reload", help: ["R, D", "read tools.yaml again; only say what that would change"] },
  { keys: ["D"], action: "dry-run" },
  { keys: ["e"], action: "edit", help: ["e", "edit tools.yaml; what is saved is applied at once"] },
  { keys: ["/"], action: "filter", help: ["/", "only tools whose name has this in it; Esc: all again"] },
  { keys: ["escape"], action: "forget" },
  { keys: ["!"], action: "explain", help: ["!", "the last message in full"] },
  { keys: ["?", "h", "f1"], action: "help", help: ["?", "this"] },
  { keys: ["ctrl-l"], action: "redraw" },
  { keys: ["ctrl-z"], action: "suspend" },
  { keys: ["q", "Q"], action: "quit", help: ["q", "leave here; the tools go on"] },
  { keys: ["ctrl-c"], action: "interrupt" },
]);
