import type { ToolEvent } from "../../../pipes/protocol/messages.ts";
import { timed } from "../transcript/formats.ts";
import type { Listener } from "./microphone.ts";
import { Tokens } from "./tokens.ts";

/** What is heard as upstream's events for everybody: `token` and `speech` while somebody speaks, and `speech` with words at the end. */
export function broadcaster(broadcast: (event: ToolEvent) => void): Listener {
  const tokens = new Tokens();
  const token = (text: string | null): void => {
    if (text !== null) broadcast({ event: "token", text });
  };
  return {
    partial(text) {
      token(tokens.partial(text));
      broadcast({ event: "speech", text });
    },
    utterance(heard) {
      const text = heard?.text ?? "";
      token(tokens.end(text));
      if (heard !== null) broadcast({ event: "speech", text, words: heard.words.map(timed) });
    },
  };
}
