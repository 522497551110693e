import { linkSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { places } from "../../pipes/protocol/places.ts";
import { suggest } from "../../pipes/protocol/suggest.ts";
import { usage } from "../options.ts";
import { appendLines, readOwn } from "./file.ts";
import { Answering } from "./answering.ts";
import { type Contents, contentsOf, dropLine, headLine, type Said, systemLine, type Turn, turnOf } from "./format.ts";
import { conversationNames, ENDING, isConversationName } from "./names.ts";

/** A conversation in its file. Whatever changes it adds lines to that; other processes may do so at the same time. */
export class Conversation {
  readonly name: string;
  /** The tool with which it was begun. */
  readonly tool: string;
  /** How many lines of the file could not be read, and are left out. */
  readonly unread: number;
  readonly #path: string;
  #system: string | null;
  #turns: readonly Turn[];

  constructor(name: string, tool: string, { head, system, turns, unread }: Contents) {
    this.name = name;
    this.tool = head?.tool ?? tool;
    this.unread = unread;
    this.#path = pathOf(name);
    this.#system = system;
    this.#turns = turns;
  }

  /** What the model is to be; null where nothing was said of that. */
  get system(): string | null {
    return this.#system;
  }

  /** What was said, without what was taken back. */
  get turns(): readonly Turn[] {
    return this.#turns;
  }

  /** Adds turns, which stay together whoever else adds some. @throws ToolError `disk-full`, `file-failed`, `unsafe-file` */
  append(...said: readonly Said[]): void {
    const turns = said.map(turnOf);
    this.#add(turns.map((turn) => JSON.stringify(turn)));
    this.#turns = [...this.#turns, ...turns];
  }

  /** Begins an answer that is kept while it comes, as one that was stopped until it is whole. */
  answering(): Answering {
    return new Answering(
      (lines) => this.#add(lines),
      (turn) => void (this.#turns = [...this.#turns.filter(({ id }) => id !== turn.id), turn]),
    );
  }

  /** Takes back the last `count` turns that this process knows of. @throws ToolError as `append` */
  drop(count: number): void {
    const kept = Math.max(0, this.#turns.length - count);
    const gone = this.#turns.slice(kept);
    if (gone.length === 0) return;
    this.#add([dropLine(gone)]);
    this.#turns = this.#turns.slice(0, kept);
  }

  /** @throws ToolError as `append` */
  setSystem(system: string | null): void {
    if (system === this.#system) return;
    this.#add([systemLine(system)]);
    this.#system = system;
  }

  #add(lines: readonly string[]): void {
    appendLines(this.#path, headLine(this.name, this.tool), lines);
  }
}

/** What `list` says of one, the newest first. */
export interface Listed {
  readonly name: string;
  readonly tool: string;
  /** What the user has said, counted. */
  readonly turns: number;
  /** When something was last said, as ISO 8601. */
  readonly updated: string;
  /** What the user said first, on one line; may be cut. */
  readonly about: string;
}

/** The conversation of this name, or a new one, of which there is no file until something is added. @throws ToolError `usage`, `file-failed`, `unsafe-file`; `exists` where it is to be `fresh` */
export function openConversation(name: string, { tool, fresh = false }: { readonly tool: string; readonly fresh?: boolean }): Conversation {
  const contents = read(checked(name));
  if (fresh && contents !== null) throw taken(name);
  return new Conversation(name, tool, contents ?? NOTHING);
}

/** A new one, named by the day and by what is said first. @throws ToolError as `Conversation.append` */
export function createConversation(words: string, { tool }: { readonly tool: string }): Conversation {
  const wanted = nameFor(words, new Date());
  for (let count = 1; ; count++) {
    const name = count === 1 ? wanted : `${wanted}-${count}`;
    if (appendLines(pathOf(name), headLine(name, tool), [], { fresh: true })) return new Conversation(name, tool, NOTHING);
  }
}

/** The conversation of this name. @throws ToolError `usage`, `not-found`, `file-failed`, `unsafe-file` */
export function findConversation(name: string): Conversation {
  const contents = read(checked(name));
  if (contents === null) throw notFound(name);
  return new Conversation(name, contents.head?.tool ?? "", contents);
}

/** All of them, the latest first. */
export function listConversations(): Listed[] {
  return conversationNames()
    .flatMap((name) => {
      const path = pathOf(name);
      try {
        const { head, turns } = contentsOf(readOwn(path) ?? "");
        const updated = turns.at(-1)?.at ?? head?.created ?? statSync(path).mtime.toISOString();
        const own = turns.filter(({ role }) => role === "user");
        return [{ name, tool: head?.tool ?? "", turns: own.length, updated, about: (own[0]?.content ?? "").trim().replaceAll(/\s+/g, " ").slice(0, 200) }];
      } catch {
        return []; // removed meanwhile, or another's
      }
    })
    .sort((a, b) => (a.updated < b.updated ? 1 : a.updated > b.updated ? -1 : a.name < b.name ? -1 : 1));
}

/** Another name for the same; a conversation that has it already is left alone. @throws ToolError `usage`, `not-found`, `exists`, `file-failed` */
export function renameConversation(from: string, to: string): Conversation {
  const [old, path] = [pathOf(checked(from)), pathOf(checked(to))];
  try {
    linkSync(old, path); // which fails where there is one, unlike a renaming
    rmSync(old);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw taken(to);
    throw code === "ENOENT" ? notFound(from) : ToolError.from(error, "file-failed", { path });
  }
  return findConversation(to);
}

/** @throws ToolError `usage`, `not-found`, `file-failed` */
export function removeConversation(name: string): void {
  try {
    rmSync(pathOf(checked(name)));
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw (error as NodeJS.ErrnoException).code === "ENOENT" ? notFound(name) : ToolError.from(error, "file-failed", { path: pathOf(name) });
  }
}

const NOTHING: Contents = { head: null, system: null, turns: [], unread: 0, later: false };

function pathOf(name: string): string {
  return join(places().conversations, `${name}${ENDING}`);
}

function read(name: string): Contents | null {
  const text = readOwn(pathOf(name));
  if (text === null) return null;
  const contents = contentsOf(text);
  if (contents.later) throw new ToolError("file-failed", { path: pathOf(name), reason: "a later version of cpipe has written it" });
  return contents;
}

function checked(name: string): string {
  if (isConversationName(name)) return name;
  throw usage(`a conversation's name has up to 64 letters, digits, '.', '_' and '-', and begins with a letter or a digit; got ${JSON.stringify(name.slice(0, 80))}`, "See: cpipe --conversations");
}

function taken(name: string): ToolError {
  return new ToolError("exists", { what: "the conversation", name, hint: "Choose another name" });
}

function notFound(name: string): ToolError {
  const near = suggest(name, conversationNames());
  return new ToolError("not-found", { what: "conversation", name, hint: near === null ? "See: cpipe --conversations" : `Did you mean '${near}'?` });
}

/** `2026-11-29-how-do-i-knead`; where the words have no letters that a name may have, the time of day. */
function nameFor(words: string, now: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const said = words.slice(0, 200).normalize("NFKD").replaceAll(/\p{Mark}/gu, "").toLowerCase().match(/[a-z0-9]+/g) ?? [];
  let slug = "";
  for (const word of said) {
    if (slug.length + word.length > 32 && slug !== "") break;
    slug += `-${word.slice(0, 32)}`;
  }
  return `${day}${slug === "" ? `-${two(now.getHours())}${two(now.getMinutes())}` : slug}`;
}
