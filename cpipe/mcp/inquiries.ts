import type { InterfaceShape } from "../../pipes/protocol/interfaces/shape.ts";

type Ask = (tool: string, signal: AbortSignal) => Promise<readonly InterfaceShape[]>;

interface Inquiry {
  /** Of which run of the tool. */
  readonly key: string;
  answer: readonly InterfaceShape[] | null;
  attempts: number;
  under: Promise<void> | null;
  timer: NodeJS.Timeout | null;
}

/** How long an answer may take, in ms. */
const ANSWER_MS = 5000;
/** What a client that lists the tools is kept waiting for answers, in ms. */
const PATIENCE_MS = 2000;
/** A server makes its pipe a moment before it reads there; after the last of these, in ms, the tool is asked again when it is another process. */
const AGAIN_MS = [50, 500, 5000];

/** What tools have told of themselves, each asked once for a run of its. */
export class Inquiries {
  readonly #ask: Ask;
  readonly #answered: () => void;
  readonly #inquiries = new Map<string, Inquiry>();
  readonly #closing = new AbortController();

  constructor(ask: Ask, answered: () => void) {
    this.#ask = ask;
    this.#answered = answered;
  }

  /** What the tool has told in the run that `key` names; null where it has not yet, and then it is asked. */
  of(tool: string, key: string): readonly InterfaceShape[] | null {
    const known = this.#inquiries.get(tool);
    if (known?.key === key) return known.answer;
    this.#forget(tool);
    const inquiry: Inquiry = { key, answer: null, attempts: 0, under: null, timer: null };
    this.#inquiries.set(tool, inquiry);
    this.#begin(tool, inquiry);
    return null;
  }

  forgetAllBut(tools: readonly string[]): void {
    for (const tool of this.#inquiries.keys()) if (!tools.includes(tool)) this.#forget(tool);
  }

  /** Resolves when what is being asked is answered, or has taken long enough. */
  async settled(): Promise<void> {
    const under = [...this.#inquiries.values()].flatMap((inquiry) => (inquiry.under === null ? [] : [inquiry.under]));
    if (under.length === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([Promise.all(under), new Promise((resolve) => (timer = setTimeout(resolve, PATIENCE_MS)))]);
    clearTimeout(timer);
  }

  close(): void {
    this.#closing.abort();
    for (const tool of this.#inquiries.keys()) this.#forget(tool);
  }

  #begin(tool: string, inquiry: Inquiry): void {
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(ANSWER_MS)]);
    const answered = this.#ask(tool, signal).then(
      (interfaces) => void (inquiry.answer = interfaces.filter(({ name }) => name !== "base")),
      () => this.#again(tool, inquiry),
    );
    inquiry.under = answered.then(() => {
      inquiry.under = null;
      if (inquiry.answer !== null && this.#inquiries.get(tool) === inquiry) this.#answered();
    });
  }

  #again(tool: string, inquiry: Inquiry): void {
    const ms = AGAIN_MS[inquiry.attempts++];
    if (ms === undefined || this.#inquiries.get(tool) !== inquiry) return;
    inquiry.timer = setTimeout(() => this.#begin(tool, inquiry), ms).unref();
  }

  #forget(tool: string): void {
    const timer = this.#inquiries.get(tool)?.timer;
    if (timer !== null && timer !== undefined) clearTimeout(timer);
    this.#inquiries.delete(tool);
  }
}
