import { randomBytes } from "node:crypto";
import type { ChatMessage } from "../../pipes/protocol/interfaces/chat.ts";

/** One thing that was said. */
export interface Turn {
  /** By which a later line takes it back. */
  readonly id: string;
  readonly role: Extract<ChatMessage["role"], "user" | "assistant">;
  readonly content: ChatMessage["content"];
  /** When, as ISO 8601. */
  readonly at: string;
  /** The answer was stopped, or broke off: this is as far as it came. */
  readonly stopped?: true;
}

/** A turn as it is said: who, what, and whether it was stopped. */
export type Said = Pick<Turn, "role" | "content" | "stopped">;

/** A conversation as `chat {messages}` takes it: what the model is to be, if that was said, then what was said. */
export function messagesOf(system: string | null, said: readonly ChatMessage[]): ChatMessage[] {
  return system === null ? [...said] : [{ role: "system", content: system }, ...said];
}

/** A turn as `chat` takes it. */
export const messageOf = ({ role, content }: Said): ChatMessage => ({ role, content });

/** The first line of a file. */
export interface Head {
  readonly version: 1;
  readonly name: string;
  /** The tool with which it was begun. */
  readonly tool: string;
  /** ISO 8601. */
  readonly created: string;
}

/**
 * A file's lines, each an object of JSON: the head, then a `Turn`, `{"more": id, "text": piece}` (what it goes on with; it is `stopped` until there is
 * `{"whole": id}`), `{"system": text | null}` (what the model is to be from here on), or `{"drop": [id]}` (turns that were taken back). So a file only grows, and whoever adds to it does not have to know what others add.
 */
export interface Contents {
  readonly head: Head | null;
  readonly system: string | null;
  readonly turns: readonly Turn[];
  /** How many lines could not be read: the last words of a process that was killed, as a rule. */
  readonly unread: number;
  /** A later version of cpipe has written it. */
  readonly later: boolean;
}

export const headLine = (name: string, tool: string): string => JSON.stringify({ version: 1, name, tool, created: new Date().toISOString() } satisfies Head);
export const systemLine = (system: string | null): string => JSON.stringify({ system });
export const dropLine = (turns: readonly Turn[]): string => JSON.stringify({ drop: turns.map(({ id }) => id) });
export const moreLine = ({ id }: Turn, text: string): string => JSON.stringify({ more: id, text });
export const wholeLine = ({ id }: Turn): string => JSON.stringify({ whole: id });

/** The turn with its id and its time. */
export function turnOf({ role, content, stopped }: Said): Turn {
  return { id: randomBytes(6).toString("base64url"), role, content, at: new Date().toISOString(), ...(stopped === true ? { stopped } : {}) };
}

/** The turn as one that was not stopped. */
export function wholeOf({ id, role, content, at }: Turn): Turn {
  return { id, role, content, at };
}

/** What the file amounts to. */
export function contentsOf(text: string): Contents {
  let head: Head | null = null;
  let system: string | null = null;
  let unread = 0;
  let later = false;
  const turns = new Map<string, Turn>();
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const value = objectIn(line);
    if (value === null) unread++;
    else if (typeof value["version"] === "number") {
      later ||= value["version"] > 1;
      if (isHead(value)) head ??= value;
    } else if (isTurn(value)) turns.set(value.id, value);
    else if (typeof value["more"] === "string" && typeof value["text"] === "string") change(turns, value["more"], ({ content, ...turn }) => ({ ...turn, content: content + String(value["text"]) }));
    else if (typeof value["whole"] === "string") change(turns, value["whole"], wholeOf);
    else if (Array.isArray(value["drop"])) for (const id of value["drop"]) turns.delete(String(id));
    else if (value["system"] === null || typeof value["system"] === "string") system = value["system"];
    else unread++;
  }
  return { head, system, turns: [...turns.values()], unread, later };
}

/** A turn that was taken back meanwhile stays away. */
function change(turns: Map<string, Turn>, id: string, how: (turn: Turn) => Turn): void {
  const turn = turns.get(id);
  if (turn !== undefined) turns.set(id, how(turn));
}

function objectIn(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function isHead(value: object): value is Head {
  const { version, name, tool, created } = value as Partial<Record<keyof Head, unknown>>;
  return version === 1 && typeof name === "string" && typeof tool === "string" && typeof created === "string";
}

function isTurn(value: object): value is Turn {
  const { id, role, content, at } = value as Partial<Record<keyof Turn, unknown>>;
  return typeof id === "string" && (role === "user" || role === "assistant") && typeof content === "string" && typeof at === "string";
}
