/** What a slot has to be able to tell about the conversation that it still holds. */
export interface Held<Token> {
  readonly nextTokenIndex: number;
  compareContextTokens(tokens: Token[]): { firstDifferentIndex: number };
}

/** The contexts that replies are generated in. A conversation gets its old one back, so that only its new part is evaluated. */
export class Slots<S extends Held<Token>, Token = S extends Held<infer T> ? T : never> {
  /** Idle ones, least recently used first. */
  readonly #idle: S[];

  constructor(slots: readonly S[]) {
    this.#idle = [...slots];
  }

  /** @throws Error when none is idle; the server sends no more requests than there are slots. */
  take(prompt: Token[]): S {
    const index = chooseSlot(this.#idle.map((slot) => ({ held: slot.nextTokenIndex, shared: slot.compareContextTokens(prompt).firstDifferentIndex })));
    const [slot] = this.#idle.splice(index, 1);
    if (slot === undefined) throw new Error("more requests at once than contexts");
    return slot;
  }

  giveBack(slot: S): void {
    this.#idle.push(slot);
  }
}

/**
 * Of slots that hold `held` tokens, `shared` of them the prompt's first: the one that shares most, if that is most of
 * what it holds, for then it is the same conversation. Else an empty one, else the longest unused: a common system
 * prompt is no reason to throw away another conversation.
 */
export function chooseSlot(slots: ReadonlyArray<{ readonly held: number; readonly shared: number }>): number {
  let same = -1;
  for (const [i, { held, shared }] of slots.entries()) {
    if (shared * 2 > held && shared > (slots[same]?.shared ?? 0)) same = i;
  }
  if (same >= 0) return same;
  return Math.max(0, slots.findIndex(({ held }) => held === 0));
}
