/** What a slot has to be able to tell about the conversation that it still holds. */
export interface Held {
  readonly nextTokenIndex: number;
}

/** The contexts that replies are generated in. A conversation gets its old one back, so that only its new part is evaluated. */
export class Slots<S extends Held> {
  /** Idle ones, least recently used first. */
  readonly #idle: S[];
  /** How much of the last prompt of each comes again in the next of its conversation. */
  readonly #prompts = new WeakMap<S, number>();
  readonly #ending: number;

  /** `ending` are the tokens at a prompt's end that only say that a reply begins. */
  constructor(slots: readonly S[], ending: number) {
    this.#idle = [...slots];
    this.#ending = ending;
  }

  /** `shared` tells how many of a slot's tokens are the first of the new prompt. @throws Error when none is idle; the server sends no more requests than there are slots. */
  take(shared: (slot: S) => number): S {
    const index = chooseSlot(this.#idle.map((slot) => ({ held: slot.nextTokenIndex, prompt: this.#prompts.get(slot) ?? 0, shared: shared(slot) })));
    const [slot] = this.#idle.splice(index, 1);
    if (slot === undefined) throw new Error("more requests at once than contexts");
    return slot;
  }

  /** `prompt` is how many tokens its prompt had. */
  giveBack(slot: S, prompt: number): void {
    this.#prompts.set(slot, prompt - this.#ending);
    this.#idle.push(slot);
  }
}

/**
 * Of slots that hold `held` tokens, the first `prompt` of them a prompt and the first `shared` those of the new one: the one that shares most, if
 * that is all of its prompt or most of what it holds, for then it is the same conversation. (What the model thought is no part of
 * the next prompt, and may be longer than all the rest.) Else an empty one, else the longest unused: a common system prompt is no reason to
 * throw away another conversation.
 */
export function chooseSlot(slots: ReadonlyArray<{ readonly held: number; readonly prompt: number; readonly shared: number }>): number {
  let same = -1;
  for (const [i, { held, prompt, shared }] of slots.entries()) {
    const known = prompt > 0 && shared >= prompt;
    if ((known || shared * 2 > held) && shared > (slots[same]?.shared ?? 0)) same = i;
  }
  if (same >= 0) return same;
  return Math.max(0, slots.findIndex(({ held }) => held === 0));
}
