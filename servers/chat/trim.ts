import type { ChatMessage } from "./engine/messages.ts";

export interface Trimming {
  /** Tokens of a message, about; the same each time. */
  readonly weigh: (message: ChatMessage) => number;
  /** Whether what is left fits. */
  readonly fits: (messages: readonly ChatMessage[]) => boolean;
  /** Tokens that are the most that may fit; what weighs more is not tried. */
  readonly limit: number;
  /** Tokens that are left out at a time. */
  readonly step: number;
}

/**
 * A conversation without its oldest turns, so that it fits; null when not even the last one alone does. What the system says and what the user said
 * last are kept, and a turn is left out with all that was called and found in it.
 *
 * The client sends the whole of it again each time. So it is cut where the same multiple of `step` has been left out as the time before, until
 * that is not enough: then the next replies find their prompt in the context, beginning with the same turn.
 */
export function trimmed(messages: readonly ChatMessage[], { weigh, fits, limit, step }: Trimming): readonly ChatMessage[] | null {
  const last = messages.findLastIndex(({ role }) => role === "user");
  let kept = messages.reduce((sum, message) => sum + weigh(message), 0);
  let out = 0;
  let mark = step;
  for (const [place, message] of messages.entries()) {
    if (place > last) return null;
    if (message.role === "user" && out > 0 && (out >= mark || place === last)) {
      const rest = messages.filter(({ role }, at) => at >= place || role === "system");
      if (kept <= limit && fits(rest)) return rest;
      mark = (Math.floor(out / step) + 1) * step;
    }
    if (message.role === "system") continue;
    out += weigh(message);
    kept -= weigh(message);
  }
  return null;
}
