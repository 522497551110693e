import { type ChildProcess, spawn } from "node:child_process";
import { resolve as absolute } from "node:path";
import { cancelled } from "../pipes/protocol/cancelled.ts";
import { ToolError } from "../pipes/protocol/errors.ts";
import { lastWords } from "./words.ts";
import type { Sound, SoundOptions } from "./file.ts";

/** A program that reads sound files and writes bare samples. */
interface Decoder {
  readonly name: string;
  readonly args: (path: string, rate: number) => readonly string[];
  /** What it says on standard error before there is sound; the sound's length is in it for some. */
  readonly seconds: ((words: string) => number | null) | null;
}

/**
 * The same as `openSound` for what is no WAV file: by ffmpeg, or else by sox.
 * @throws ToolError `audio-invalid` with what the program said; `otherwise` when neither is installed
 */
export async function readByProgram(path: string, { rate, signal, env = process.env }: SoundOptions, otherwise = unreadable(path)): Promise<Sound> {
  for (const decoder of DECODERS) {
    const run = await start(decoder, absolute(path), rate, env);
    if (run !== null) return run.sound(path, signal);
  }
  throw otherwise;
}

const unreadable = (path: string): ToolError =>
  new ToolError("audio-invalid", { what: path, reason: "it is no WAV file, and neither ffmpeg nor sox is installed", hint: "Install one of them (sudo apt install ffmpeg), or give a WAV file" });

const DECODERS: readonly Decoder[] = [
  {
    name: "ffmpeg",
    // Nothing but files: a playlist may name addresses.
    args: (path, rate) => ["-hide_banner", "-nostdin", "-nostats", "-protocol_whitelist", "file,pipe", "-i", `file:${path}`, "-map", "0:a:0", "-ac", "1", "-ar", `${rate}`, "-f", "s16le", "pipe:1"],
    seconds: (words) => {
      const [, hours, minutes, seconds] = /Duration: (\d+):(\d+):([\d.]+)/.exec(words) ?? [];
      return hours === undefined ? null : Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    },
  },
  { name: "sox", args: (path, rate) => ["-V1", "-q", "--magic", path, "-t", "raw", "-r", `${rate}`, "-e", "signed-integer", "-b", "16", "-L", "-c", "1", "-"], seconds: null },
];

/** Null when it is not installed. */
async function start(decoder: Decoder, path: string, rate: number, env: NodeJS.ProcessEnv): Promise<Decoding | null> {
  const child = spawn(decoder.name, [...decoder.args(path, rate)], { env: { ...env, LC_ALL: "C" }, stdio: ["ignore", "pipe", "pipe"] });
  const decoding = new Decoding(decoder, child);
  const error = await decoding.spawned;
  if (error === null) return decoding;
  if (error.code === "ENOENT") return null;
  throw new ToolError("audio-invalid", { what: path, reason: `${decoder.name} cannot be started: ${error.message}` });
}

class Decoding {
  readonly spawned: Promise<NodeJS.ErrnoException | null>;
  readonly #decoder: Decoder;
  readonly #child: ChildProcess;
  /** When it has said what it has found, or has ended. */
  readonly #introduced: Promise<void>;
  readonly #ended: Promise<number | null>;
  #words = "";

  constructor(decoder: Decoder, child: ChildProcess) {
    this.#decoder = decoder;
    this.#child = child;
    this.spawned = new Promise((resolve) => {
      child.once("spawn", () => resolve(null));
      child.once("error", (error) => resolve(error));
    });
    // Its end is known though nobody reads its output.
    const said = new Promise<void>((resolve) => child.stderr?.once("close", resolve));
    const exited = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
    this.#ended = exited.then((code) => said.then(() => code));
    this.#introduced = new Promise((resolve) => {
      child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
        this.#words = (this.#words + chunk).slice(-MAX_WORDS);
        if (this.#words.includes("Output #0")) resolve();
      });
      void this.#ended.then(() => resolve());
      if (decoder.seconds === null) child.stdout?.once("readable", () => (child.stdout?.readableLength ?? 0) > 0 && resolve());
    });
  }

  async sound(path: string, signal: AbortSignal | undefined): Promise<Sound> {
    const onAbort = (): void => void this.#child.kill("SIGKILL");
    signal?.addEventListener("abort", onAbort, { once: true });
    void this.#ended.then(() => signal?.removeEventListener("abort", onAbort));
    if (signal?.aborted === true) onAbort();
    await this.#introduced;
    if (signal?.aborted === true) throw cancelled(signal);
    // It has ended already, with nothing to show for it.
    if ((this.#child.exitCode ?? 0) !== 0 && (this.#child.stdout?.readableLength ?? 0) === 0) throw this.#failure(path);
    return { seconds: this.#decoder.seconds?.(this.#words) ?? null, pcm: this.#pcm(path, signal) };
  }

  async *#pcm(path: string, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
    let odd: Buffer = Buffer.alloc(0);
    try {
      for await (const bytes of this.#child.stdout!) {
        const chunk = odd.length === 0 ? (bytes as Buffer) : Buffer.concat([odd, bytes as Buffer]);
        const whole = chunk.length - (chunk.length % 2);
        odd = chunk.subarray(whole);
        if (whole > 0) yield chunk.subarray(0, whole);
      }
      const code = await this.#ended;
      if (signal?.aborted === true) throw cancelled(signal);
      if (code !== 0) throw this.#failure(path);
    } finally {
      this.#child.kill("SIGKILL");
    }
  }

  #failure(path: string): ToolError {
    return new ToolError("audio-invalid", { what: path, reason: `${this.#decoder.name} says: ${lastWords(this.#words.replaceAll(`file:${absolute(path)}: `, "")) || "nothing"}` });
  }
}

const MAX_WORDS = 8192;
