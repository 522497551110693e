import { ToolError } from "../../pipes/protocol/errors.ts";
import { Reading } from "./reading.ts";
import { type Sentence, SentenceQueue } from "./sentences.ts";
import { Turn } from "./turn.ts";
import type { Manner } from "./voices.ts";

export interface TextEvents {
  /** It has something to say, and wants the floor. */
  wants(turn: Turn): void;
  spoken(): void;
  /** A sentence could not be said; what follows still is. */
  failed(sentence: Sentence, error: unknown): void;
  /** Seconds; see `idleFlush` of the settings. */
  idleFlush(): number;
}

/** Characters of one client that may wait to be spoken: about a day's worth. */
const MOST_WAITING = 1_000_000;

/** What one client writes by `text`, on its way to the loudspeaker. */
export class TextStream {
  readonly #tool: string;
  readonly #events: TextEvents;
  readonly #reading = new Reading((sentence) => this.#say(sentence), { early: true });
  /** Those that have not ended; only the last one may still take sentences. */
  readonly #turns: Array<{ readonly turn: Turn; waiting: number }> = [];
  #timer: NodeJS.Timeout | undefined;
  /** Nothing has come for a while, but what came before is still heard. */
  #due = false;
  /** The floor is ours with nothing to say, because a sentence has begun. */
  #holding = false;

  constructor(tool: string, events: TextEvents) {
    this.#tool = tool;
    this.#events = events;
  }

  /** @throws ToolError `busy` */
  push(text: string, manner: Manner): void {
    const waiting = this.#turns.reduce((sum, turn) => sum + turn.waiting, 0);
    if (waiting > 0 && waiting + text.length > MOST_WAITING) throw new ToolError("busy", { tool: this.#tool, queued: this.#turns.reduce((sum, { turn }) => sum + turn.unspoken, 0) });
    this.#reading.push(text, manner);
    clearTimeout(this.#timer);
    this.#due = false;
    const seconds = this.#events.idleFlush();
    if (seconds > 0) this.#timer = setTimeout(() => this.#idles(), seconds * 1000);
  }

  /** The text has an end here. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#flush(false);
  }

  /** Resolves when all that has been cut so far has been heard. Rejects with what kept it from that. */
  async heard(): Promise<void> {
    await Promise.all(this.#turns.map(({ turn }) => turn.ended));
  }

  /** Another request of this client is to be said after all that came so far. */
  close(): void {
    this.flush();
    this.#turn?.sentences.close();
  }

  /** The one that takes sentences. */
  get #turn(): Turn | null {
    const last = this.#turns.at(-1)?.turn;
    return last === undefined || last.sentences.closed ? null : last;
  }

  /** Forgets what is still to be cut; resolves with whether there was any. */
  drop(): boolean {
    clearTimeout(this.#timer);
    const { pending } = this.#reading;
    this.#reading.drop();
    return pending;
  }

  /** Half a sentence is better spoken than silence; as long as there is something to be heard, the rest may still come. */
  #idles(): void {
    if (this.#turn === null || this.#holding) this.#flush(true);
    else this.#due = true;
  }

  #holds(): boolean {
    this.#holding = this.#reading.pending && this.#events.idleFlush() > 0;
    if (this.#holding && this.#due) this.#timer = setTimeout(() => this.#flush(true), 0);
    this.#due = false;
    return this.#holding;
  }

  #flush(goesOn: boolean): void {
    this.#due = false;
    this.#reading.flush({ goesOn }, () => {
      // Nothing came of what the floor was held for.
      if (this.#holding && this.#turn?.sentences.idle === true) this.#turn.sentences.close();
    });
  }

  #say(sentence: Sentence): void {
    this.#holding = false;
    const known = this.#turn;
    const turn = known ?? this.#begin();
    this.#turns.at(-1)!.waiting += sentence.text.length;
    turn.sentences.push(sentence);
    if (known === null) this.#events.wants(turn);
  }

  #begin(): Turn {
    const turn = new Turn(this, new SentenceQueue(), {
      onSentence: (said, error) => {
        entry.waiting -= said.text.length;
        if (error === undefined) this.#events.spoken();
        else this.#events.failed(said, error);
      },
      // Only where it will be flushed by itself: nobody else should wait for a client that says no more.
      holds: () => this.#holds(),
    });
    const entry = { turn, waiting: 0 };
    this.#turns.push(entry);
    const over = (): void => void this.#turns.splice(this.#turns.indexOf(entry), 1);
    turn.ended.then(over, over);
    return turn;
  }
}
