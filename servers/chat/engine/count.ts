import { historyOf, promptOf } from "./history.ts";
import type { OpenModel } from "./load.ts";
import type { Countable } from "./messages.ts";

/** Tokens of a text as it stands, or of a conversation in the model's template, up to where its reply would begin. */
export function count(open: OpenModel, what: Countable): number {
  return "text" in what ? open.model.tokenize(what.text).length : promptOf(open, historyOf(what), what).length;
}
