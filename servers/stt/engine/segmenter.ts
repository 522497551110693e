import { RATE } from "./decoder.ts";

export interface SegmenterOptions {
  /** Seconds of silence that end a segment. */
  readonly silence: number;
  /** Seconds before the first speech that belong to it; at most half of `longest`. */
  readonly preRoll: number;
  /** Seconds after which a segment is cut; the pre-roll counts. */
  readonly longest: number;
}

/** What becomes of the frames, in order. Places are samples from the beginning of the recording. */
export type SegmentEvent =
  /** `from` is the first sample of the segment, `speech` the first that is speech. */
  | { readonly type: "begin"; readonly from: number; readonly speech: number }
  /** The segment's next samples. */
  | { readonly type: "sound"; readonly samples: Int16Array }
  /** `to` is the first sample after the segment, `speech` the first after its speech; `cut` means that it goes on in the next one. */
  | { readonly type: "end"; readonly to: number; readonly speech: number; readonly cut: boolean };

/** Less speech than this between two silences is a click or a knock, which WebRTC's detector makes 90 ms of. */
const LEAST_SPEECH = 0.12 * RATE;
/** A longer hole is no part of a syllable. */
const LONGEST_HOLE = 0.09 * RATE;
/** How far back from the limit a cut may lie, at most a third of the segment. */
const LOOK_BACK = 3 * RATE;

interface Frame {
  /** Its first sample's place. */
  readonly at: number;
  readonly samples: Int16Array;
  readonly speech: boolean;
  readonly energy: number;
}
type State =
  /** `speech` samples were heard since `since`, and then `gap` that were none. */
  | { readonly type: "silence"; since: number; speech: number; gap: number }
  | { readonly type: "segment"; readonly from: number; speechEnd: number };

/**
 * Cuts a recording into stretches of speech: frames in, with whether each is speech; segments out, sample by sample. It holds no more than
 * the pre-roll, and of a segment that gets too long its last seconds: it is cut where those are quietest.
 */
export class Segmenter {
  readonly #silence: number;
  readonly #preRoll: number;
  readonly #longest: number;
  readonly #lookBack: number;
  #held: Frame[] = [];
  #at = 0;
  /** Nothing before this may be in a segment: it was in the last one. */
  #free = 0;
  #state: State = quiet();

  constructor({ silence, preRoll, longest }: SegmenterOptions) {
    this.#silence = Math.round(silence * RATE);
    this.#longest = Math.round(longest * RATE);
    // More would leave a short segment cut before its speech has begun.
    this.#preRoll = Math.min(Math.round(preRoll * RATE), Math.floor(this.#longest / 2));
    this.#lookBack = Math.min(LOOK_BACK, Math.floor(this.#longest / 3));
  }

  /** Samples taken so far. */
  get position(): number {
    return this.#at;
  }

  /** One frame, which must not be changed afterwards. */
  push(samples: Int16Array, speech: boolean): SegmentEvent[] {
    const frame = { at: this.#at, samples, speech, energy: energyOf(samples) };
    this.#at += samples.length;
    this.#held.push(frame);
    const events = this.#state.type === "silence" ? this.#listen(this.#state, frame) : [];
    if (this.#state.type === "segment") this.#proceed(this.#state, frame, events);
    return events;
  }

  /** The recording is over. */
  flush(): SegmentEvent[] {
    if (this.#state.type === "silence") return [];
    const events: SegmentEvent[] = [];
    this.#end(this.#state, events);
    return events;
  }

  #listen(state: State & { type: "silence" }, frame: Frame): SegmentEvent[] {
    if (frame.speech) {
      if (state.speech === 0) state.since = frame.at;
      state.speech += frame.samples.length;
      state.gap = 0;
    } else if (state.speech > 0) {
      state.gap += frame.samples.length;
      if (state.gap > LONGEST_HOLE) this.#state = quiet();
    }
    const since = this.#state.type === "silence" && this.#state.speech > 0 ? this.#state.since : this.#at;
    const from = Math.max(this.#free, since - this.#preRoll, 0);
    this.#forgetBefore(from);
    if (state.speech < LEAST_SPEECH) return [];
    this.#state = { type: "segment", from, speechEnd: this.#at };
    return [{ type: "begin", from, speech: since }];
  }

  #proceed(state: State & { type: "segment" }, frame: Frame, events: SegmentEvent[]): void {
    if (frame.speech) state.speechEnd = this.#at;
    if (this.#at - state.speechEnd >= this.#silence) return this.#end(state, events);
    const limit = state.from + this.#longest;
    if (this.#at >= limit) return this.#cut(state, this.#quietest(limit), events);
    // What a cut may leave to the next segment is held back.
    this.#release(this.#at < limit - this.#lookBack ? this.#at : this.#quietest(limit), events);
  }

  #end({ from, speechEnd }: State & { type: "segment" }, events: SegmentEvent[]): void {
    const to = Math.min(this.#at, from + this.#longest);
    this.#release(to, events);
    events.push({ type: "end", to, speech: Math.min(speechEnd, to), cut: false });
    this.#free = to;
    this.#state = quiet();
  }

  #cut({ speechEnd }: State & { type: "segment" }, to: number, events: SegmentEvent[]): void {
    this.#release(to, events);
    events.push({ type: "end", to, speech: Math.min(speechEnd, to), cut: true }, { type: "begin", from: to, speech: to });
    this.#free = to;
    const state: State = { type: "segment", from: to, speechEnd: Math.max(speechEnd, to) };
    this.#state = state;
    // A short limit may be passed again by what was held back.
    if (this.#at >= to + this.#longest) this.#cut(state, this.#quietest(to + this.#longest), events);
    else this.#release(this.#at < to + this.#longest - this.#lookBack ? this.#at : this.#quietest(to + this.#longest), events);
  }

  /** Where a cut would be: between the two frames that together are quietest, the later one of equals; never past `limit`. */
  #quietest(limit: number): number {
    const earliest = limit - this.#lookBack;
    let best = Math.min(limit, this.#at);
    let least = Number.POSITIVE_INFINITY;
    for (const [index, frame] of this.#held.entries()) {
      const before = this.#held[index - 1];
      if (before === undefined || frame.at < earliest || frame.at > limit) continue;
      const energy = before.energy + frame.energy;
      if (energy <= least) [best, least] = [frame.at, energy];
    }
    return best;
  }

  /** Hands out what is held before `to`; the last frame before it stays known, for what follows is compared with it. */
  #release(to: number, events: SegmentEvent[]): void {
    for (const frame of this.#held) {
      const samples = frame.samples.subarray(Math.max(0, this.#handed(frame)), Math.max(0, to - frame.at));
      if (samples.length > 0) events.push({ type: "sound", samples });
    }
    this.#free = Math.max(this.#free, to);
    while (this.#held.length > 1 && this.#held[1]!.at < this.#free) this.#held.shift();
  }

  /** How many of a frame's samples are in no segment to come, and none that goes on. */
  #handed(frame: Frame): number {
    const from = this.#state.type === "segment" ? Math.max(this.#state.from, this.#free) : this.#free;
    return from - frame.at;
  }

  #forgetBefore(place: number): void {
    while (this.#held.length > 0 && this.#held[0]!.at + this.#held[0]!.samples.length <= place) this.#held.shift();
  }
}

const quiet = (): State & { type: "silence" } => ({ type: "silence", since: 0, speech: 0, gap: 0 });

function energyOf(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sum / Math.max(1, samples.length);
}
