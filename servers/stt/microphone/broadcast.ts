import type { ToolEvent } from "../../../pipes/protocol/messages.ts";
import { timed } from "../transcript/formats.ts";
import type { Listener } from "./microphone.ts";
import { Tokens } from "./tokens.ts";

/** What is heard as upstream's events for everybody: `speech_start`, `token` and `speech` while somebody speaks, `speech` with words, `speech_end`. */
export function broadcaster(broadcast: (event: ToolEvent) => void): Listener {
  const tokens = new Tokens();
  const token = (text: string | null): void => {
    if (text !== null) broadcast({ event: "token", text });
  };
  return {
    speechStart: () => broadcast({ event: "speech_start" }),
    partial(text) {
      token(tokens.partial(text));
      broadcast({ event: "speech", text });
    },
    utterance(heard) {
      const text = heard?.text ?? "";
      token(tokens.end(text));
      if (heard !== null) broadcast({ event: "speech", text, words: heard.words.map(timed) });
      broadcast({ event: "speech_end" });
    },
  };
}
