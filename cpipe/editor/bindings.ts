import { keyTable } from "../terminal/bindings.ts";

/** What a key asks for while something is written. */
export type Action =
  | "left" | "right" | "word-left" | "word-right" | "line-start" | "line-end" | "text-start" | "text-end" | "up" | "down"
  | "delete-left" | "delete-right" | "delete-or-leave" | "cut-word-left" | "cut-blank-left" | "cut-word-right" | "cut-line-left" | "cut-line-right" | "paste-cut"
  | "transpose" | "undo" | "new-line" | "search" | "nothing"
  | "send" | "interrupt" | "complete" | "clear-screen" | "open-editor" | "suspend";

/** Those of Emacs, as in every shell. */
export const { actionOf, help: keysHelp } = keyTable<Action>([
  { keys: ["enter"], action: "send", help: ["Enter", "send; with a backslash before it, a new line"] },
  { keys: ["alt-enter", "ctrl-j", "shift-enter"], action: "new-line", help: ["Alt-Enter, Ctrl-J", "a new line"] },
  { keys: ["up", "ctrl-p"], action: "up", help: ["up, down", "a row up, down; at the ends through what was sent before"] },
  { keys: ["down", "ctrl-n"], action: "down" },
  { keys: ["ctrl-r"], action: "search", help: ["Ctrl-R", "search in what was sent before"] },
  { keys: ["left", "ctrl-b"], action: "left" },
  { keys: ["right", "ctrl-f"], action: "right" },
  { keys: ["alt-b", "ctrl-left", "alt-left"], action: "word-left", help: ["Alt-B, Alt-F", "a word to the left, to the right; Ctrl with an arrow as well"] },
  { keys: ["alt-f", "ctrl-right", "alt-right"], action: "word-right" },
  { keys: ["home", "ctrl-a"], action: "line-start", help: ["Ctrl-A, Ctrl-E", "to the line's beginning, its end"] },
  { keys: ["end", "ctrl-e"], action: "line-end" },
  { keys: ["alt-<", "ctrl-home"], action: "text-start" },
  { keys: ["alt->", "ctrl-end"], action: "text-end" },
  { keys: ["ctrl-w"], action: "cut-blank-left", help: ["Ctrl-W, Alt-D", "cut the word to the left, to the right"] },
  { keys: ["alt-backspace"], action: "cut-word-left" },
  { keys: ["alt-d", "ctrl-delete", "alt-delete"], action: "cut-word-right" },
  { keys: ["ctrl-u"], action: "cut-line-left", help: ["Ctrl-U, Ctrl-K", "cut the line to its beginning, to its end"] },
  { keys: ["ctrl-k"], action: "cut-line-right" },
  { keys: ["ctrl-y"], action: "paste-cut", help: ["Ctrl-Y", "put in what was cut"] },
  { keys: ["ctrl-_"], action: "undo", help: ["Ctrl-_", "undo"] },
  { keys: ["ctrl-t"], action: "transpose" },
  { keys: ["backspace"], action: "delete-left" },
  { keys: ["delete"], action: "delete-right" },
  { keys: ["tab"], action: "complete", help: ["Tab", "complete a command, a file, a name"] },
  { keys: ["ctrl-l"], action: "clear-screen", help: ["Ctrl-L", "an empty screen"] },
  { keys: ["ctrl-g"], action: "open-editor", help: ["Ctrl-G", "go on in $VISUAL or $EDITOR"] },
  { keys: ["ctrl-z"], action: "suspend" },
  { keys: ["ctrl-c"], action: "interrupt", help: ["Ctrl-C", "stop the answer; then, or with nothing written, leave"] },
  { keys: ["ctrl-d"], action: "delete-or-leave", help: ["Ctrl-D", "leave, when nothing is written"] },
  { keys: ["escape", "shift-tab", "page-up", "page-down", "insert"], action: "nothing" },
]);
