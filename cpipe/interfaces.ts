import type { CommandShape, InterfaceShape } from "../pipes/protocol/interfaces/shape.ts";

/**
 * Commands that every tool answers, in either dialect, and that take no text and may be sent twice: for them no
 * interface is looked up. Source: wire-protocol §3, §4.
 */
export const PLAIN_COMMANDS: ReadonlySet<string> = new Set([
  "ping",
  "get_state",
  "get_description",
  "get_help",
  "get_config",
  "list_interfaces",
  "status",
  "description",
  "help",
]);

/** What a tool says of a command itself goes before what every tool says of it: the daemon's `stop` takes a tool. */
export function commandIn(interfaces: readonly InterfaceShape[], cmd: string): CommandShape | null {
  const sorted = [...interfaces].sort((a, b) => Number(a.name === "base") - Number(b.name === "base"));
  const commands = sorted.flatMap((shape) => shape.commands);
  return commands.find((command) => command.name === cmd) ?? commands.find((command) => command.name.toLowerCase() === cmd.toLowerCase()) ?? null;
}

/** Whether the command asks a model: `ask` and `chat` of a tool that has a `chat` with `messages`. */
export function asksModel(interfaces: readonly InterfaceShape[], cmd: string): boolean {
  return ASKS.has(cmd.toLowerCase()) && (modelIn(interfaces)?.commands.some(({ name }) => name === cmd.toLowerCase()) ?? false);
}

/** The interface by which a model is asked; undefined where the tool is none. */
export function modelIn(interfaces: readonly InterfaceShape[]): InterfaceShape | undefined {
  return interfaces.find(({ commands }) => commands.some(({ name, args }) => name === "chat" && args.some((arg) => arg.name === "messages")));
}

const ASKS: ReadonlySet<string> = new Set(["ask", "chat", "chat_blocking"]);
