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
  #turn: Turn | null = null;
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;
  /** The floor is ours with nothing to say, because a sentence has begun. */
  #holding = false;

  constructor(tool: string, events: TextEvents) {
    this.#tool = tool;
    this.#events = events;
  }

  /** @throws ToolError `busy` */
  push(text: string, manner: Manner): void {
    if (this.#waiting > 0 && this.#waiting + text.length > MOST_WAITING) throw new ToolError("busy", { tool: this.#tool, queued: this.#turn?.unspoken ?? 1 });
    this.#reading.push(text, manner);
    clearTimeout(this.#timer);
    const seconds = this.#events.idleFlush();
    if (seconds > 0) this.#timer = setTimeout(() => this.#flush(true), seconds * 1000);
  }

  /** The text has an end here. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#flush(false);
  }

  /** Another request of this client is to be said after all that came so far. */
  close(): void {
    this.flush();
    this.#turn?.sentences.close();
  }

  /** Forgets what is still to be cut; resolves with whether there was any. */
  drop(): boolean {
    clearTimeout(this.#timer);
    const { pending } = this.#reading;
    this.#reading.drop();
    return pending;
  }

  #flush(goesOn: boolean): void {
    this.#reading.flush({ goesOn }, () => {
      // Nothing came of what the floor was held for.
      if (this.#holding && this.#turn?.sentences.idle === true) this.#turn.sentences.close();
    });
  }

  #say(sentence: Sentence): void {
    this.#waiting += sentence.text.length;
    this.#holding = false;
    if (this.#turn !== null && !this.#turn.sentences.closed) return this.#turn.sentences.push(sentence);
    const sentences = new SentenceQueue();
    sentences.push(sentence);
    const turn = new Turn(this, sentences, {
      onSentence: (said, error) => {
        this.#waiting -= said.text.length;
        if (error === undefined) this.#events.spoken();
        else this.#events.failed(said, error);
      },
      // Only where it will be flushed by itself: nobody else should wait for a client that says no more.
      holds: () => (this.#holding = this.#reading.pending && this.#events.idleFlush() > 0),
    });
    this.#turn = turn;
    const over = (): void => void (this.#turn === turn && ((this.#turn = null), (this.#waiting = 0)));
    turn.ended.then(over, over);
    this.#events.wants(turn);
  }
}
