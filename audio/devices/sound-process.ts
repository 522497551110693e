import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { AudioFormat } from "../../pipes/protocol/audio.ts";
import { DEFAULT_DEVICE } from "./device.ts";
import { standardOf } from "./choose.ts";
import type { Rung } from "./ladder.ts";
import { lastWords } from "../words.ts";

/** How the program ended; `reason` is for people. */
export interface Ending {
  readonly ok: boolean;
  readonly reason: string;
}

/** A running `parec`, `pacat` or one of their kind. It keeps nothing, so it is always ended with SIGKILL. */
export class SoundProcess {
  /** When it has ended, by whatever way; never rejects. */
  readonly ended: Promise<Ending>;
  /** When its stream is there, or when it runs, for a program that does not say; never rejects. */
  readonly ready: Promise<void>;
  /** Whether it tells how much has been heard. */
  readonly tells: boolean;
  readonly #process: ChildProcess;
  readonly #trailingMs: number;
  #reason: string | undefined;

  /** `heard` is told the seconds that have been heard of what was written, by programs that know. */
  constructor({ program, devices }: Rung, device: string, format: AudioFormat, env: NodeJS.ProcessEnv, heard: (seconds: number) => void = () => undefined) {
    const named = device !== DEFAULT_DEVICE;
    const target = named ? device : program.followsStandard ? null : (standardOf(devices)?.name ?? null);
    const command = program.command(target, format);
    const stdio = program.kind === "capture" ? (["ignore", "pipe", "pipe"] as const) : (["pipe", "ignore", "pipe"] as const);
    const child = spawn(program.name, command.args, { env: { ...env, ...command.env, LC_ALL: "C" }, stdio: [...stdio] });
    this.#process = child;
    this.tells = program.tells;
    this.#trailingMs = program.trailingMs ?? 0;
    let words = "";
    let ready!: () => void;
    this.ready = new Promise((resolve) => (ready = resolve));
    if (!program.tells) child.once("spawn", ready);
    const take = (line: string): void => {
      const said = program.read(line);
      if (said?.type === "ready") ready();
      if (said?.type === "heard") heard(said.seconds);
      if (said?.type === "gone") this.kill("it has gone");
      if (said?.type === "moved" && !(named ? said.device === device : said.mayFollow)) this.kill(`it has gone, and the sound server would go on with ${said.device}`);
    };
    let begun = "";
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      words = (words + chunk).slice(-MAX_WORDS);
      const lines = (begun + chunk).split(/[\r\n]+/);
      begun = (lines.pop() ?? "").slice(-MAX_WORDS);
      for (const line of lines) take(line);
    });
    this.ended = new Promise((resolve) => {
      child.once("error", (error) => resolve({ ok: false, reason: `${program.name} cannot be started: ${error.message}` }));
      child.once("close", (code, signal) => {
        const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
        const said = lastWords(words);
        resolve({ ok: code === 0 && this.#reason === undefined, reason: this.#reason ?? `${program.name} ${how}${said === "" ? "" : `: ${said}`}` });
      });
    });
    void this.ended.then(ready);
    // What it does not take any more is told by its end.
    child.stdin?.on("error", () => undefined);
  }

  /** Null when it could not be started, as is told by its end. */
  get input(): Writable | null {
    return this.#process.stdin;
  }

  get output(): Readable | null {
    return this.#process.stdout;
  }

  /** Nothing more comes: a program that plays ends by itself after the last sample. */
  endInput({ rate, width, channels }: AudioFormat): void {
    this.#process.stdin?.end(Buffer.alloc(Math.ceil((this.#trailingMs / 1000) * rate) * width * channels));
  }

  /** Silence at once; `reason` is why it is ended, unless it has ended by itself. */
  kill(reason = "it was closed"): void {
    this.#reason ??= reason;
    this.#process.kill("SIGKILL");
  }
}

const MAX_WORDS = 2048;
