import { type HttpAnswer, get, HttpError, sha256Of } from "./http.ts";
import type { Origin, Partial } from "./partial.ts";
import { assertSpace } from "./space.ts";

export interface TransferOptions {
  readonly token: string | null;
  readonly signal: AbortSignal;
  /** The connection is given up when no byte has come for so long. */
  readonly stallMs: number;
  /** `value` of `total` bytes are on disk. */
  readonly onProgress: (value: number, total: number | null) => void;
}
export interface Transferred {
  readonly bytes: number;
  /** What the server said about the whole file, as far as it did. */
  readonly total: number | null;
  readonly sha256: string | null;
}

/**
 * One connection's worth of a download: asks for what is missing, appends what comes. Resolves when the connection has
 * ended in good order, which need not mean that everything is there.
 */
export async function transfer(url: URL, partial: Partial, options: TransferOptions): Promise<Transferred> {
  const stall = new Stall(options.stallMs);
  try {
    const signal = AbortSignal.any([options.signal, stall.signal]);
    const there = await partial.state(url.href);
    const { response, passed, have } = await ask(url, there, { ...options, signal });
    const total = totalOf(response, have);
    await append(response, partial, have, { origin: originOf(url, response), stall, total, onProgress: options.onProgress });
    return { bytes: have + stall.counted, total, sha256: sha256Of(passed) };
  } catch (error) {
    throw stall.signal.aborted && !options.signal.aborted ? stall.signal.reason : error;
  } finally {
    stall.stop();
  }
}

type There = { readonly bytes: number; readonly origin: Origin } | null;

/**
 * `have` is where the answer's body begins in the file: 0 when the server sends everything, asked for or not. Our last
 * byte is asked for again, so that even a complete file gets an answer with headers, which say what it should be.
 */
async function ask(url: URL, there: There, { token, signal }: { token: string | null; signal: AbortSignal }): Promise<HttpAnswer & { readonly have: number }> {
  // Encoded, the lengths would mean something else.
  const headers: Record<string, string> = { "accept-encoding": "identity", "user-agent": "pipe-tools" };
  if (there !== null && there.bytes > 1) {
    const have = there.bytes - 1;
    try {
      const answer = await get(url, { headers: { ...headers, range: `bytes=${have}-`, "if-range": there.origin.validator }, token, signal });
      if (answer.response.status !== 206) return { ...answer, have: 0 };
      if (answer.response.headers.get("content-range")?.startsWith(`bytes ${have}-`) === true) return { ...answer, have };
      await answer.response.body?.cancel();
    } catch (error) {
      // 416: the file has become shorter than what we have of it.
      if (!(error instanceof HttpError) || error.status !== 416) throw error;
    }
  }
  return { ...(await get(url, { headers, token, signal })), have: 0 };
}

async function append(
  response: Response,
  partial: Partial,
  have: number,
  { origin, stall, total, onProgress }: { origin: Origin | null; stall: Stall; total: number | null; onProgress: TransferOptions["onProgress"] },
): Promise<void> {
  if (total !== null) await assertSpace(partial.path, total - have);
  const file = await partial.open(have, origin);
  try {
    onProgress(have, total);
    // The first bytes are told at once: they show that the transfer has begun.
    let told = Number.NEGATIVE_INFINITY;
    for await (const chunk of response.body ?? []) {
      await file.appendFile(chunk as Uint8Array);
      stall.count((chunk as Uint8Array).length);
      if (performance.now() - told < PROGRESS_MS) continue;
      told = performance.now();
      onProgress(have + stall.counted, total);
    }
    onProgress(have + stall.counted, total);
  } finally {
    await file.close();
  }
}

const PROGRESS_MS = 100;

function totalOf(response: Response, have: number): number | null {
  const whole = /\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
  const rest = response.headers.get("content-length");
  if (whole !== undefined) return Number(whole);
  return rest === null ? null : have + Number(rest);
}

/** A weak ETag does not promise the same bytes, so it is of no use for going on. */
function originOf(url: URL, response: Response): Origin | null {
  const etag = response.headers.get("etag");
  const validator = etag !== null && !etag.startsWith("W/") ? etag : response.headers.get("last-modified");
  return validator === null ? null : { url: url.href, validator };
}

/** Counts bytes, and aborts when none come. */
class Stall {
  readonly #abort = new AbortController();
  readonly #timer: NodeJS.Timeout;
  counted = 0;

  constructor(milliseconds: number) {
    const reason = new Error(`no byte came for ${milliseconds / 1000} s`);
    this.#timer = setTimeout(() => this.#abort.abort(reason), milliseconds);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  count(bytes: number): void {
    this.counted += bytes;
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
