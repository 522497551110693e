/** Samples a second that a decoder and a voice detector take: mono, -32768 to 32767. */
export const RATE = 16_000;

export interface Word {
  readonly word: string;
  /** Seconds from the beginning of the utterance. */
  readonly start: number;
  readonly end: number;
}
export interface Transcript {
  readonly text: string;
  /** Empty where the model tells none. */
  readonly words: readonly Word[];
}

/** A model that turns speech into text, one utterance at a time or several side by side. */
export interface Decoder {
  /** Begins an utterance. `partial`: what is understood so far is wanted while it goes on; without that a model may hear all of it first, and hear better. */
  begin(wanted: { readonly partial: boolean }): Utterance;
  /** Longest utterance in seconds that the model takes; it is cut there. */
  readonly longest: number;
}

/** One stretch of speech on its way to text. */
export interface Utterance {
  /** Takes more sound. Gives the text so far where that has changed, else null; a model that decodes whole utterances always gives null. */
  accept(samples: Int16Array): string | null | Promise<string | null>;
  /** All of it is there. To be called once. */
  finish(): Promise<Transcript>;
  /** Lets go of it unfinished. */
  drop(): void;
}
