import { join } from "node:path";
import { ToolClient } from "pipe-tools/client";
import { openDecoder } from "../../servers/stt/engine/choice.ts";
import { listen } from "../../servers/stt/engine/listening.ts";
import { openPcm } from "../../servers/stt/engine/pcm.ts";
import { openDetectors } from "../../servers/stt/engine/vad/open.ts";
import { findOrBring } from "../../servers/stt/pocketsphinx/bring.ts";
import { SENTENCES } from "../../test/speech/sentences.ts";
import { here, start } from "../processes.ts";
import { type Paired, paired } from "./paired.ts";

export interface Recognition {
  /** Seconds of the recording. */
  readonly seconds: number;
  /** Milliseconds for all of it. */
  readonly whole: Paired;
}

const ROUNDS = 5;
const PAUSES = { silence: 0.5, preRoll: 0.3, longest: 30 };

/** The default engine: twenty sentences in a file, in this process and over the pipe, in turns. Needs the server `tts` to run in `folder`. */
export async function recognition(folder: string): Promise<Recognition> {
  const path = join(folder, "sentences.wav");
  const tts = await ToolClient.connect("tts", { folder });
  await tts.call("say", { text: SENTENCES.join("\n\n"), path });
  await tts.close();
  const signal = new AbortController().signal;
  const files = await findOrBring({ tool: "bench", signal, onProgress: () => undefined });
  const { decoder } = await openDecoder({ path: files.model, parallel: 1, decoder: { engine: "pocketsphinx", files }, vad: { name: "webrtc" } }, () => undefined);
  const detectors = await openDetectors({ name: "webrtc" }, () => undefined);
  await start(here("../servers/stt/main.js"), [], folder, { PIPE_TOOLS_TOOL: "stt" }).line("model loaded");
  const client = await ToolClient.connect("stt", { folder });
  const pairs: Paired[] = [];
  let seconds = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    const [bare, ours] = [await timed(async () => {
      const { pcm } = await openPcm({ path }, nothing(), signal);
      const detector = await detectors.take();
      ({ seconds } = await listen(pcm, { ...PAUSES, decoder, detector, partial: false, total: null, signal, onPart: () => undefined }));
      detectors.giveBack(detector);
    }), await timed(async () => {
      for await (const event of client.stream("transcribe", { path }, { timeout: Infinity })) if (event.event !== "heard") throw new Error(event.event);
    })];
    if (round > 0) pairs.push({ bare, ours });
  }
  await client.close();
  return { seconds, whole: paired(pairs) };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

async function* nothing(): AsyncGenerator<never> {
  // there is no input
}
