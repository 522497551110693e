import type { ToolClient } from "../../pipes/client/tool-client.ts";
import { DEFAULT_TIMEOUT_MS } from "../../pipes/client/pending.ts";
import type { ToolError } from "../../pipes/protocol/errors.ts";
import type { ChatMessage } from "../../pipes/protocol/interfaces/chat.ts";
import { takeTurn } from "../chat/turn.ts";

/** What speaks; see Speaker. */
export interface Voice {
  say(text: string): void;
  heard(signal: AbortSignal): Promise<void>;
  hush(): Promise<void>;
}
export interface ConversationEvents {
  /** Somebody has said this. */
  heard(text: string): void;
  /** A piece of the answer; null is its end. */
  answer(text: string | null): void;
  /** An answer could not be had; the conversation goes on. */
  failed(error: ToolError): void;
}
export interface ConversationOptions {
  readonly chat: Pick<ToolClient, "stream">;
  readonly voice: Voice;
  readonly system: string | null;
  /** Whoever begins to speak ends what is being said and thought. Without it nothing is heard while it speaks: it would hear itself. */
  readonly bargeIn: boolean;
  readonly signal: AbortSignal;
}

/** Turns of a conversation by voice: what was understood goes to the model, what it answers to the voice, as it comes. */
export class Conversation {
  readonly #options: ConversationOptions;
  readonly #events: ConversationEvents;
  readonly #messages: ChatMessage[];
  /** The turn under way, from what was heard to the last sample of the answer. */
  #turn: { readonly cancel: AbortController; readonly done: Promise<void> } | null = null;

  constructor(options: ConversationOptions, events: ConversationEvents) {
    this.#options = options;
    this.#events = events;
    this.#messages = options.system === null ? [] : [{ role: "system", content: options.system }];
  }

  /** What has been said so far. */
  get messages(): readonly ChatMessage[] {
    return this.#messages;
  }

  /** Somebody begins to speak. */
  begun(): void {
    if (this.#options.bargeIn) void this.#interrupt();
  }

  /** Somebody has said something. Resolves when the answer to it is under way, or it was not taken. */
  async said(text: string): Promise<void> {
    if (text.trim() === "") return;
    if (this.#turn !== null && !this.#options.bargeIn) return;
    await this.#interrupt();
    this.#events.heard(text);
    const cancel = new AbortController();
    const turn = { cancel, done: this.#answer(text, AbortSignal.any([cancel.signal, this.#options.signal])) };
    this.#turn = turn;
    void turn.done.then(() => this.#turn === turn && (this.#turn = null));
  }

  /** Resolves when nothing is being said or thought any more. */
  async quiet(): Promise<void> {
    await this.#turn?.done;
  }

  async #interrupt(): Promise<void> {
    const turn = this.#turn;
    if (turn === null) return;
    turn.cancel.abort();
    await Promise.all([this.#options.voice.hush(), turn.done]);
  }

  /** What was said before an interruption stays in the conversation: the model should know how far it came. */
  async #answer(text: string, signal: AbortSignal): Promise<void> {
    const { chat, voice } = this.#options;
    this.#messages.push({ role: "user", content: text });
    const end = await takeTurn(chat, { messages: this.#messages, fields: {}, signal, timeout: DEFAULT_TIMEOUT_MS }, {
      text: (piece) => {
        this.#events.answer(piece);
        voice.say(piece);
      },
      thought: () => undefined,
      news: () => undefined,
    });
    if (end.error !== null) this.#events.failed(end.error);
    this.#events.answer(null);
    if (end.text === "") this.#messages.pop();
    else this.#messages.push({ role: "assistant", content: end.text });
    await voice.heard(signal);
  }
}
