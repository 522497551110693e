import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { Decoder, Transcript, Utterance, Word } from "../engine/decoder.ts";
import { joined } from "../engine/frames.ts";
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
  const idle: Sphinx[] = [new Sphinx(library, await openModel(library, files.model))];
  library.quiet(); // for all threads
  const take = (): Sphinx => {
    const sphinx = idle.pop();
    if (sphinx !== undefined) return sphinx;
    const handle = library.open(argumentsOf(files.model));
    if (handle === null) throw new ToolError("model-memory", { path: files.model, reason: "another decoder could not be made" });
    return new Sphinx(library, handle);
  };
  return {
    longest: LONGEST,
    begin: ({ partial }) => {
      const sphinx = take();
      const giveBack = (): void => void idle.push(sphinx);
      return partial ? new GrowingUtterance(sphinx, giveBack) : new WholeUtterance(sphinx, giveBack);
    },
  };
}

/**
 * One decoder. It subtracts the mean of what it hears: of a whole utterance its own, while one goes on that of what came before. Without
 * anything before, four times as many words are heard wrong.
 */
class Sphinx {
  readonly #library: Library;
  readonly #handle: Handle;
  /** It knows a mean. */
  #settled = false;

  constructor(library: Library, handle: Handle) {
    this.#library = library;
    this.#handle = handle;
  }

  get settled(): boolean {
    return this.#settled;
  }

  begin(): void {
    this.#library.startUtterance(this.#handle);
  }

  /** The text so far. */
  async take(samples: Int16Array): Promise<string | null> {
    await this.#library.process(this.#handle, samples, false);
    return this.#library.hypothesis(this.#handle);
  }

  async end(): Promise<Transcript> {
    await this.#library.endUtterance(this.#handle);
    const words = this.#library.segments(this.#handle).flatMap(wordOf);
    return { text: words.map(({ word }) => word).join(" "), words };
  }

  /** An utterance at once. */
  async hear(samples: Int16Array): Promise<Transcript> {
    this.begin();
    await this.#library.process(this.#handle, samples, true);
    this.#settled = true;
    return this.end();
  }
}

/** One that is heard when all of it is there. */
class WholeUtterance implements Utterance {
  readonly #sphinx: Sphinx;
  readonly #giveBack: () => void;
  readonly #samples: Int16Array[] = [];
  #over = false;

  constructor(sphinx: Sphinx, giveBack: () => void) {
    this.#sphinx = sphinx;
    this.#giveBack = giveBack;
  }

  accept(samples: Int16Array): null {
    this.#samples.push(samples);
    return null;
  }

  /** A decoder that has failed is not used again. */
  async finish(): Promise<Transcript> {
    this.#over = true;
    const transcript = await this.#sphinx.hear(joined(this.#samples));
    this.#giveBack();
    return transcript;
  }

  drop(): void {
    if (!this.#over) this.#giveBack();
    this.#over = true;
  }
}

/** One of which the text so far is told. The first one of a decoder is heard again when it is whole. */
class GrowingUtterance implements Utterance {
  readonly #sphinx: Sphinx;
  readonly #giveBack: () => void;
  readonly #kept: Int16Array[] | null;
  #over = false;
  #last: string | null = null;
  /** A call on another thread. */
  #working: Promise<unknown> = Promise.resolve();

  constructor(sphinx: Sphinx, giveBack: () => void) {
    this.#sphinx = sphinx;
    this.#giveBack = giveBack;
    this.#kept = sphinx.settled ? null : [];
    sphinx.begin();
  }

  async accept(samples: Int16Array): Promise<string | null> {
    this.#kept?.push(samples);
    const working = this.#sphinx.take(samples);
    this.#working = working;
    const text = await working;
    if (text === null || text === "" || text === this.#last) return null;
    return (this.#last = text);
  }

  async finish(): Promise<Transcript> {
    this.#over = true;
    const heard = await this.#sphinx.end();
    const transcript = this.#kept === null ? heard : await this.#sphinx.hear(joined(this.#kept));
    this.#giveBack();
    return transcript;
  }

  drop(): void {
    if (this.#over) return;
    this.#over = true;
    // Its last words are of no use, but only an ended one can begin another. One that cannot be ended is not used again.
    void this.#working
      .catch(() => undefined)
      .then(() => this.#sphinx.end())
      .then(() => this.#giveBack())
      .catch(() => undefined);
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
