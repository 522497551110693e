import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { Decoder, Transcript, Utterance, Word } from "../engine/decoder.ts";
import { checkModel, type PocketSphinx } from "./files.ts";
import { type Handle, type Library, openLibrary, type Segment } from "./library.ts";

/** Seconds that a frame of a segment stands for. */
const FRAME = 0.01;
/** What it hears goes into one lattice, which grows with the length. */
const LONGEST = 60;

/**
 * Basic English, in a quiet room. Each utterance has a decoder of its own while it lasts: about 100 MB, made when there are more at once
 * than before, and kept. @throws ToolError `engine-failed`, `model-missing`, `model-corrupt`
 */
export async function openPocketSphinx(files: PocketSphinx): Promise<Decoder> {
  await checkModel(files.model);
  const library = openLibrary(files);
  library.logTo("/dev/null");
  const idle: Handle[] = [await openModel(library, files.model)];
  library.quiet(); // for all threads
  const take = (): Handle => {
    const decoder = idle.pop() ?? library.open(argumentsOf(files.model));
    if (decoder === null) throw new ToolError("model-memory", { path: files.model, reason: "another decoder could not be made" });
    return decoder;
  };
  return {
    longest: LONGEST,
    begin: () => new PocketSphinxUtterance(library, take(), (decoder) => idle.push(decoder)),
  };
}

class PocketSphinxUtterance implements Utterance {
  readonly #library: Library;
  readonly #giveBack: (decoder: Handle) => void;
  #decoder: Handle | null;
  #last: string | null = null;
  /** A call on another thread. */
  #working: Promise<unknown> = Promise.resolve();

  constructor(library: Library, decoder: Handle, giveBack: (decoder: Handle) => void) {
    this.#library = library;
    this.#decoder = decoder;
    this.#giveBack = giveBack;
    library.startUtterance(decoder);
  }

  async accept(samples: Int16Array): Promise<string | null> {
    const decoder = this.#open;
    await (this.#working = this.#library.process(decoder, samples));
    const text = this.#library.hypothesis(decoder);
    if (text === null || text === "" || text === this.#last) return null;
    return (this.#last = text);
  }

  async finish(): Promise<Transcript> {
    const decoder = this.#open;
    await (this.#working = this.#library.endUtterance(decoder));
    const words = this.#library.segments(decoder).flatMap(wordOf);
    this.#leave();
    return { text: words.map(({ word }) => word).join(" "), words };
  }

  drop(): void {
    const decoder = this.#decoder;
    if (decoder === null) return;
    this.#decoder = null;
    // Its last words are of no use, but only an ended one can begin another. One that cannot be ended is not used again.
    void this.#working
      .catch(() => undefined)
      .then(() => this.#library.endUtterance(decoder))
      .then(() => this.#giveBack(decoder))
      .catch(() => undefined);
  }

  get #open(): Handle {
    if (this.#decoder === null) throw new Error("the utterance is over");
    return this.#decoder;
  }

  #leave(): void {
    this.#giveBack(this.#open);
    this.#decoder = null;
  }
}

/** Silence and noise are no words; `to(3)` is the third way to say "to". */
function wordOf({ word, first, last }: Segment): Word[] {
  if (/^(<.*>|\[.*\]|\+\+.*\+\+)$/.test(word)) return [];
  return [{ word: word.replace(/\(\d+\)$/, ""), start: first * FRAME, end: (last + 1) * FRAME }];
}

function argumentsOf(model: string): string[] {
  const options = {
    hmm: join(model, "en-us"),
    lm: join(model, "en-us.lm.bin"),
    dict: join(model, "cmudict-en-us.dict"),
    remove_silence: "no", // that is done before, and the words' times would lack what it takes away
  };
  return ["pocketsphinx", ...Object.entries(options).flatMap(([name, value]) => [`-${name}`, value])];
}

/** It is tried again with a log to tell what is wrong. */
async function openModel(library: Library, model: string): Promise<Handle> {
  const decoder = library.open(argumentsOf(model));
  if (decoder !== null) return decoder;
  const folder = await mkdtemp(join(tmpdir(), "pipe-tools-"));
  try {
    const log = join(folder, "log");
    library.logTo(log);
    library.open(argumentsOf(model));
    library.logTo("/dev/null");
    const [reason] = (await readFile(log, "utf8")).split("\n").flatMap((line) => /^(?:ERROR|FATAL): .*?: (.*)/.exec(line)?.[1] ?? []);
    throw new ToolError("model-corrupt", { path: model, reason: `pocketsphinx says: ${reason ?? "nothing"}` });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
