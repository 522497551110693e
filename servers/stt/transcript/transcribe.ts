import { isAbsolute } from "node:path";
import type { AudioFormat } from "../../../pipes/protocol/audio.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { Args } from "../../../pipes/protocol/interfaces/define.ts";
import type { stt } from "../../../pipes/protocol/interfaces/stt.ts";
import type { Call } from "../../../pipes/rpc/call.ts";
import { Parts } from "../../../pipes/rpc/parts.ts";
import type { Heard, ListenPart, ListenRequest, ListenResult } from "../engine/messages.ts";
import type { ListenCalls } from "../model.ts";
import { openWriter, rounded, timed } from "./formats.ts";

export type TranscribeArgs = Args<typeof stt, "transcribe">;
type Listen = (request: ListenRequest, calls: ListenCalls) => Promise<ListenResult>;
type Segments = Pick<ListenRequest, "silence" | "preRoll" | "longest">;
type Spoken = ListenPart & { type: "partial" | "utterance" };

/**
 * A recording as events: `heard` for each utterance, whose texts one behind the other are the document that was asked for.
 * @throws ToolError `invalid-request`, `no-audio-pipe`; the stream throws what `listen` does
 */
export function transcribe(asked: TranscribeArgs, call: Call, segments: Segments, listen: Listen): AsyncIterable<unknown> {
  const { partial = false } = asked;
  const { sound, inputs } = soundOf(asked, call);
  const parts = new Parts<Spoken>();
  listen(
    { sound, partial, ...segments },
    {
      inputs,
      onPart(part) {
        if (part.type === "progress") call.progress("transcribing", rounded(part.seconds), part.total === null ? null : rounded(part.total));
        else if (part.type === "partial" || part.type === "utterance") parts.push(part);
      },
    },
  ).then(
    (result) => parts.end(result),
    (error: unknown) => parts.fail(error),
  );
  return eventsOf(parts, asked);
}

async function* eventsOf(parts: Parts<Spoken>, { words = false, format = "text" }: TranscribeArgs): AsyncGenerator<unknown, unknown> {
  const begun = performance.now();
  const writer = openWriter(format, words);
  for await (const part of parts) {
    if (part.type === "partial") yield { event: "partial", partial: part.text };
    else if (part.text !== "") yield { event: "heard", text: writer.utterance(part), ...placeOf(part, words) };
  }
  const { seconds, utterances } = parts.result as ListenResult;
  const rest = writer.end(seconds);
  if (rest !== "") yield { event: "heard", text: rest };
  return { event: "heard", text: "", seconds: rounded(seconds), utterances, timings: { total: Math.round(performance.now() - begun) } };
}

/** When it was said. */
export function placeOf({ start, end, words }: Heard, wanted: boolean): object {
  return { start: rounded(start), end: rounded(end), ...(wanted ? { words: words.map(timed) } : {}) };
}

function soundOf({ path, audio }: TranscribeArgs, call: Call): { sound: ListenRequest["sound"]; inputs?: AsyncIterable<Buffer> } {
  if ((path === undefined) === (audio === undefined)) throw new ToolError("invalid-request", { path: "$", expected: "one of path and audio", got: path === undefined ? "neither" : "both" });
  if (path !== undefined) return { sound: { path: absolute(path) } };
  const { rate, channels } = audio as AudioFormat;
  return { sound: { rate, channels }, inputs: call.receiveAudio() };
}

/** The server runs elsewhere than whoever asks. */
function absolute(path: string): string {
  if (isAbsolute(path)) return path;
  throw new ToolError("invalid-request", { path: "$.path", expected: "an absolute path, as cpipe makes one of a relative one", got: JSON.stringify(path) });
}
