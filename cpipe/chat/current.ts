import type { ChatMessage } from "../../pipes/protocol/interfaces/chat.ts";
import { messageOf, messagesOf, type Said, type Turn } from "../conversations/format.ts";
import type { Answering } from "../conversations/answering.ts";
import { type Conversation, createConversation, findConversation, openConversation, renameConversation } from "../conversations/store.ts";
import { noteConversation } from "../conversations/terminal.ts";

/** The conversation that goes on now. It has no file before something is said in it, and is this terminal's last one from then on. */
export class Current {
  readonly #tool: string;
  readonly #terminal: string | null;
  #conversation: Conversation | null;
  /** What the model is to be in a conversation that has not begun. */
  #system: string | null;

  constructor(tool: string, terminal: string | null, conversation: Conversation | null, system: string | null) {
    this.#tool = tool;
    this.#terminal = terminal;
    this.#conversation = conversation;
    this.#system = system ?? conversation?.system ?? null;
  }

  /** Null before it has one. */
  get name(): string | null {
    return this.#conversation?.name ?? null;
  }

  get turns(): readonly Turn[] {
    return this.#conversation?.turns ?? [];
  }

  /** How many lines of its file could not be read. */
  get unread(): number {
    return this.#conversation?.unread ?? 0;
  }

  get system(): string | null {
    return this.#system;
  }

  get messages(): ChatMessage[] {
    return messagesOf(this.#system, this.turns.map(messageOf));
  }

  /** What the model answered last; null before it has. */
  get lastAnswer(): string | null {
    return this.turns.findLast(({ role }) => role === "assistant")?.content ?? null;
  }

  /** The user says something. @throws ToolError `disk-full`, `file-failed`, `unsafe-file` */
  say(content: string): void {
    this.#conversation ??= createConversation(content, { tool: this.#tool });
    this.#conversation.setSystem(this.#system);
    this.#conversation.append({ role: "user", content });
    this.#note();
  }

  /** The model begins to answer. */
  answering(): Answering | null {
    return this.#conversation?.answering() ?? null;
  }

  /** Takes the last answer back, if there is one, for another. False when nothing was said that could be answered. @throws ToolError as `say` */
  retry(): boolean {
    if (this.turns.at(-1)?.role === "assistant") this.#conversation?.drop(1);
    return this.turns.at(-1)?.role === "user";
  }

  /** Takes back what the user said last, and what came after it. Null when there is nothing. @throws ToolError as `say` */
  undo(): Said | null {
    const at = this.turns.findLastIndex(({ role }) => role === "user");
    const said = this.turns[at];
    if (said === undefined) return null;
    this.#conversation?.drop(this.turns.length - at);
    return said;
  }

  /** @throws ToolError as `say` */
  become(system: string | null): void {
    this.#system = system;
    if (this.turns.length > 0) this.#conversation?.setSystem(system);
  }

  /** Another one begins; what the model is to be stays. */
  clear(): void {
    this.#conversation = null;
  }

  /** @throws ToolError `not-found`, `usage`, `file-failed`, `unsafe-file` */
  load(name: string): void {
    this.#conversation = findConversation(name);
    this.#system = this.#conversation.system;
    this.#note();
  }

  /** @throws ToolError `exists`, `usage`, `file-failed`, `not-found` */
  rename(name: string): void {
    if (this.name === name) return;
    if (this.#conversation === null || this.turns.length === 0) this.#conversation = openConversation(name, { tool: this.#tool, fresh: true });
    else {
      this.#conversation = renameConversation(this.#conversation.name, name);
      this.#note();
    }
  }

  #note(): void {
    if (this.#terminal !== null && this.#conversation !== null) noteConversation(this.#terminal, this.#conversation.name);
  }
}
