import { suggest } from "../../pipes/protocol/suggest.ts";
import { keysHelp } from "../editor/bindings.ts";
import { renderTable } from "../table.ts";
import type { Style } from "../style.ts";

export type CommandName =
  | "help" | "system" | "file" | "save" | "retry" | "edit" | "undo" | "model" | "stats" | "clear" | "conversations" | "load" | "name" | "copy" | "code" | "quit";

export interface ChatCommand {
  readonly name: CommandName;
  /** What may follow it; in brackets where it need not. */
  readonly argument?: string;
  readonly description: string;
}

export const chatCommands: readonly ChatCommand[] = [
  { name: "help", argument: "[keys]", description: "this, or the keys" },
  { name: "system", argument: "[TEXT]", description: "what the model is to be: shows or sets it, - for nothing" },
  { name: "file", argument: "PATH", description: "a text file that the next message is about" },
  { name: "retry", description: "the last message again, for another answer" },
  { name: "undo", description: "takes the last message and its answer back" },
  { name: "edit", description: "writes the message in $VISUAL or $EDITOR" },
  { name: "copy", description: "the last answer into the clipboard" },
  { name: "code", description: "its last code block into the clipboard" },
  { name: "save", argument: "[PATH]", description: "the conversation as Markdown into a new file" },
  { name: "model", description: "which model answers, and how much of its context is used" },
  { name: "stats", description: "figures below each answer, or none" },
  { name: "clear", description: "a new conversation; this one is kept" },
  { name: "conversations", description: "those that are kept" },
  { name: "load", argument: "NAME", description: "goes on with another one" },
  { name: "name", argument: "NAME", description: "gives this one a name" },
  { name: "quit", description: "leaves" },
];

/** What was typed: a message, or a command. */
export type Typed =
  | { readonly kind: "message"; readonly text: string }
  | { readonly kind: "command"; readonly name: CommandName; readonly argument: string }
  /** What is wrong with it, and what to do. */
  | { readonly kind: "wrong"; readonly reason: string };

/** Reads what was sent: a slash begins a command, two begin a message that starts with one. */
export function parseTyped(text: string): Typed {
  const trimmed = text.trim();
  if (trimmed.startsWith("//")) return { kind: "message", text: trimmed.slice(1) };
  const [, word, argument = ""] = /^\/(\S*)(?:\s+(.*))?$/s.exec(trimmed) ?? [];
  if (word === undefined) return { kind: "message", text: trimmed };
  const command = chatCommands.find(({ name }) => name === word.toLowerCase()) ?? (word.toLowerCase() === "exit" ? chatCommands.find(({ name }) => name === "quit") : undefined);
  if (command === undefined) {
    const near = suggest(word, chatCommands.map(({ name }) => name));
    return { kind: "wrong", reason: `there is no command /${word}. ${near === null ? "See: /help" : `Did you mean /${near}?`} A message that begins with a slash is written with two` };
  }
  const usage = `/${command.name}${command.argument === undefined ? "" : ` ${command.argument}`}`;
  if (argument !== "" && command.argument === undefined) return { kind: "wrong", reason: `/${command.name} takes nothing behind it. A message that begins with a slash is written with two` };
  if (argument === "" && command.argument !== undefined && !command.argument.startsWith("[")) return { kind: "wrong", reason: `/${command.name} needs a ${command.argument}: ${usage}` };
  return { kind: "command", name: command.name, argument };
}

/** Every command, or every key, with what it does. */
export function helpText(keys: boolean, style: Style): string {
  const commands = chatCommands.map(({ name, argument, description }) => [`/${name}${argument === undefined ? "" : ` ${argument}`}`, description] as const);
  const told = keys ? keysHelp : [...commands, ["//…", "a message that begins with a slash"] as const];
  return renderTable(["", ""], told.map(([what, does]) => ({ cells: [{ text: what, paint: style.strong }, { text: does }] })), style.faint, { width: style.width }).trimStart();
}
