import { promisify } from "node:util";
import koffi from "koffi";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { PocketSphinx } from "./files.ts";

/** A `ps_decoder_t`, which is used by one thread at a time. */
export type Handle = bigint;

/** The functions of pocketsphinx.h and sphinxbase's cmd_ln.h and err.h (0.8+5prealpha) that we use. */
export interface Library {
  /** Null when the model cannot be loaded; what is wrong is in the log. */
  open(model: readonly string[]): Handle | null;
  startUtterance(decoder: Handle): void;
  /** Both compute, on a thread of the pool. `whole`: these samples are the utterance, whose mean is then known from the beginning. */
  process(decoder: Handle, samples: Int16Array, whole: boolean): Promise<void>;
  endUtterance(decoder: Handle): Promise<void>;
  /** The best guess so far; null for nothing. */
  hypothesis(decoder: Handle): string | null;
  segments(decoder: Handle): Segment[];
  /** Where the library writes what it has to say; it says much. */
  logTo(path: string): void;
  quiet(): void;
}

/** A word, or what is none (`<sil>`, `[NOISE]`), with its first and last frame of 10 ms. */
export interface Segment {
  readonly word: string;
  readonly first: number;
  readonly last: number;
}

/** @throws ToolError `engine-failed` */
export function openLibrary({ library, needed }: Pick<PocketSphinx, "library" | "needed">): Library {
  const libraries = loadNeeded(needed);
  const ps = load(library);
  const find = (declaration: string): ReturnType<typeof ps.func> => {
    for (const handle of [ps, ...libraries]) {
      try {
        return handle.func(declaration);
      } catch {
        continue; // it is in another one
      }
    }
    throw new ToolError("engine-failed", { tool: "stt", reason: `${library} has no ${/(\w+)\(/.exec(declaration)?.[1]}; expected pocketsphinx 0.8+5prealpha` });
  };
  const c = {
    definitions: find("void *ps_args()"),
    parse: find("void *cmd_ln_parse_r(void *inout, void *definitions, int32_t argc, const char **argv, int32_t strict)"),
    freeConfig: find("int cmd_ln_free_r(void *config)"),
    logFile: find("int err_set_logfile(const char *path)"),
    logCallback: find("void err_set_callback(void *callback, void *user)"),
    init: find("void *ps_init(void *config)"),
    startStream: find("int ps_start_stream(void *ps)"),
    start: find("int ps_start_utt(void *ps)"),
    process: find("int ps_process_raw(void *ps, const int16_t *data, size_t samples, int no_search, int full_utt)"),
    end: find("int ps_end_utt(void *ps)"),
    hypothesis: find("const char *ps_get_hyp(void *ps, _Out_ int32_t *score)"),
    segments: find("void *ps_seg_iter(void *ps)"),
    next: find("void *ps_seg_next(void *segment)"),
    word: find("const char *ps_seg_word(void *segment)"),
    frames: find("void ps_seg_frames(void *segment, _Out_ int *first, _Out_ int *last)"),
  };
  const processAsync = promisify(c.process.async) as (...args: unknown[]) => Promise<number>;
  const endAsync = promisify(c.end.async) as (...args: unknown[]) => Promise<number>;
  return {
    open(model) {
      const config = c.parse(null, c.definitions(), model.length, model, 1) as bigint | null;
      if (config === null) return null;
      const decoder = c.init(config) as Handle | null;
      c.freeConfig(config); // the decoder has a hold of its own
      return decoder;
    },
    startUtterance(decoder) {
      // Times would count from the stream's beginning, and the level of the last recording would be this one's.
      check(c.startStream(decoder), "ps_start_stream");
      check(c.start(decoder), "ps_start_utt");
    },
    process: async (decoder, samples, whole) => check(await processAsync(decoder, samples, samples.length, 0, whole ? 1 : 0), "ps_process_raw"),
    endUtterance: async (decoder) => check(await endAsync(decoder), "ps_end_utt"),
    hypothesis: (decoder) => c.hypothesis(decoder, [0]) as string | null,
    segments(decoder) {
      const found: Segment[] = [];
      for (let at = c.segments(decoder) as bigint | null; at !== null; at = c.next(at) as bigint | null) {
        const [first, last]: [number[], number[]] = [[0], [0]];
        c.frames(at, first, last);
        found.push({ word: c.word(at) as string, first: first[0]!, last: last[0]! });
      }
      return found;
    },
    logTo: (path) => void c.logFile(path),
    quiet: () => void c.logCallback(null, null),
  };
}

/** What one of them needs may come later in the list, so it goes round until nothing is left. */
function loadNeeded(paths: readonly string[]): Loaded[] {
  const libraries: Loaded[] = [];
  for (let left = [...paths]; left.length > 0; ) {
    const missing: string[] = [];
    let failure: unknown;
    for (const path of left) {
      try {
        libraries.push(koffi.load(path, { global: true }));
      } catch (error) {
        failure = error;
        missing.push(path);
      }
    }
    if (missing.length === left.length) throw refused(missing[0]!, failure);
    left = missing;
  }
  return libraries;
}

type Loaded = ReturnType<typeof koffi.load>;

function load(path: string): Loaded {
  try {
    return koffi.load(path);
  } catch (error) {
    throw refused(path, error);
  }
}

function refused(path: string, error: unknown): ToolError {
  return ToolError.from(error, "engine-failed", { tool: "stt", reason: `${path} cannot be loaded: ${error instanceof Error ? error.message : String(error)}` });
}

/** Negative results are errors; the number says nothing. */
function check(result: number, call: string): void {
  if (result < 0) throw new ToolError("handler-failed", { cmd: call, reason: "pocketsphinx does not say why" });
}
