import type { Args } from "../../../pipes/protocol/interfaces/define.ts";
import type { stt } from "../../../pipes/protocol/interfaces/stt.ts";
import type { Call } from "../../../pipes/rpc/call.ts";
import { Parts } from "../../../pipes/rpc/parts.ts";
import type { Heard } from "../engine/messages.ts";
import { placeOf } from "../transcript/transcribe.ts";
import type { Listener, Microphone } from "./microphone.ts";

/** Clients time silence, and nobody may say anything for long. */
const NEWS_MS = 5000;

/**
 * What one client hears from now on, until it cancels, leaves, or has heard as many utterances as it wanted.
 * @throws ToolError `device-failed`, `not-found`, and what the engine cannot be had for
 */
export async function* hear({ words = false, partial = false, utterances = Number.POSITIVE_INFINITY }: Args<typeof stt, "listen">, call: Call, microphone: Microphone): AsyncGenerator<unknown, unknown> {
  const begun = performance.now();
  const parts = new Parts<{ partial: string } | Heard>();
  let told = begun;
  const listener: Listener = {
    alive() {
      call.alive();
      const now = performance.now();
      if (now - told < NEWS_MS) return;
      told = now;
      call.progress("listening", Math.round(now - begun) / 1000, null);
    },
    failed: (error) => parts.fail(error),
    utterance: (heard) => heard !== null && parts.push(heard),
    ...(partial ? { partial: (text) => parts.push({ partial: text }) } : {}),
  };
  call.onEnd(() => parts.end(null)); // it may wait for something that nobody says
  try {
    await microphone.join(listener);
    let count = 0;
    for await (const part of parts) {
      if ("partial" in part) {
        yield { event: "partial", partial: part.partial };
        continue;
      }
      yield { event: "heard", text: `${part.text}\n`, ...placeOf(part, words) };
      if (++count >= utterances) break;
    }
    return { event: "heard", text: "", seconds: Math.round(performance.now() - begun) / 1000, utterances: count };
  } finally {
    void microphone.leave(listener);
  }
}
