/** Sends one notification: its number, which grows, and what there is to say. Resolves when there is room for the next. */
type Send = (progress: number, message: string) => Promise<void>;

/** The news of a call as progress notifications, in order. What comes while one is being sent goes with the next, so a slow reader gets fewer, and all of the text. */
export class Progress {
  readonly #send: Send;
  #waiting = "";
  #sent = 0;
  #busy = false;
  #sending: Promise<void> = Promise.resolve();

  constructor(send: Send) {
    this.#send = send;
  }

  tell(text: string): void {
    if (text === "") return;
    this.#waiting += text;
    if (!this.#busy) this.#sending = this.#drain();
  }

  /** Resolves when all of it has been sent, or nobody takes it any more. */
  async told(): Promise<void> {
    await this.#sending;
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    try {
      while (this.#waiting !== "") {
        const text = this.#waiting;
        this.#waiting = "";
        await this.#send(++this.#sent, text);
      }
    } catch {
      this.#waiting = ""; // the client has gone, and the call ends with it
    }
    this.#busy = false;
  }
}
