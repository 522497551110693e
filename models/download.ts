import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cancelled } from "../pipes/protocol/cancelled.ts";
import { ToolError } from "../pipes/protocol/errors.ts";
import { checkGguf } from "./header.ts";
import { HttpError } from "./http.ts";
import { waitForLock } from "./lock.ts";
import { Partial } from "./partial.ts";
import { fileError } from "./space.ts";
import { transfer, type Transferred } from "./transfer.ts";

export interface DownloadProgress {
  /** `waiting`: another process is fetching the same file. */
  readonly stage: "waiting" | "downloading" | "verifying";
  /** Bytes. */
  readonly value: number;
  readonly total: number | null;
}
export interface DownloadOptions {
  readonly token?: string | null;
  /** Whether what came is what it should be; that it is a GGUF file by default. @throws ToolError `model-corrupt` */
  readonly verify?: (path: string) => Promise<unknown>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Something went wrong that is tried again. */
  readonly onRetry?: (reason: string) => void;
  readonly stallMs?: number;
  /** Pause before the second attempt; doubles, up to 30 s. */
  readonly pauseMs?: number;
}

/**
 * Fetches a model's file to `target`, whole and verified or not at all. Goes on where an earlier attempt stopped, whichever
 * process made it; of several processes one fetches and the others wait for it.
 *
 * node-llama-cpp has a downloader too. It is not used because, aborted, it resolves with a path that does not exist, and
 * from a server that keeps dropping the connection it tries again without end.
 * @throws ToolError `model-download`, `file-failed`, `cancelled`
 */
export async function download(url: URL, target: string, options: DownloadOptions = {}): Promise<void> {
  const signal = options.signal ?? new AbortController().signal;
  const folder = dirname(target);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await waitForLock(`${target}.lock`, signal, () => options.onProgress?.({ stage: "waiting", value: 0, total: null }));
  try {
    if (await exists(target)) return;
    const partial = new Partial(target);
    const got = await transferAll(url, partial, signal, options);
    options.onProgress?.({ stage: "verifying", value: 0, total: got.bytes });
    await verify(url, partial, got, signal, options.verify ?? checkGguf);
    await partial.land(target, folder);
  } catch (error) {
    if (signal.aborted) throw cancelled(signal);
    throw fileError(error, target) ?? ToolError.from(error, "model-download", { url: url.href });
  } finally {
    lock.release();
  }
}

const STALL_MS = 30_000;
const PAUSE_MS = 1000;
const MAX_PAUSE_MS = 30_000;
/** Attempts in a row that bring less than this many bytes before it is given up. */
const MAX_FRUITLESS = 5;
const FRUITFUL_BYTES = 1 << 20;

async function transferAll(url: URL, partial: Partial, signal: AbortSignal, options: DownloadOptions): Promise<Transferred> {
  let most = 0;
  for (let fruitless = 0; ; ) {
    let reason: string;
    let pause: number | null = null;
    let reached = most;
    try {
      const got = await transfer(url, partial, {
        token: options.token ?? null,
        signal,
        stallMs: options.stallMs ?? STALL_MS,
        onProgress: (value, total) => {
          reached = Math.max(reached, value);
          options.onProgress?.({ stage: "downloading", value, total });
        },
      });
      if (got.total === null || got.bytes === got.total) return got;
      reason = `the connection ended after ${got.bytes} of ${got.total} bytes`;
      if (got.bytes > got.total) await partial.remove();
    } catch (error) {
      if (signal.aborted || fileError(error, partial.path) !== null || !isTemporary(error)) throw hinted(error, url);
      reason = reasonOf(error);
      pause = error instanceof HttpError && error.retryAfter !== null ? error.retryAfter * 1000 : null;
    }
    fruitless = reached >= most + FRUITFUL_BYTES ? 0 : fruitless + 1;
    most = reached;
    if (fruitless === MAX_FRUITLESS) throw new ToolError("model-download", { url: url.href, reason, hint: `Given up after ${MAX_FRUITLESS} attempts; what was fetched is kept` });
    options.onRetry?.(reason);
    await sleep(Math.min(pause ?? (options.pauseMs ?? PAUSE_MS) * 2 ** fruitless, MAX_PAUSE_MS), undefined, { signal });
  }
}

/** @throws ToolError `model-download`; the file is removed then, for going on from it would never end well */
async function verify(url: URL, partial: Partial, { bytes, sha256 }: Transferred, signal: AbortSignal, check: (path: string) => Promise<unknown>): Promise<void> {
  const reject = async (reason: string): Promise<never> => {
    await partial.remove();
    throw new ToolError("model-download", { url: url.href, reason });
  };
  const { size } = await stat(partial.path);
  if (size !== bytes) await reject(`${size} bytes are on disk, ${bytes} were received`);
  if (sha256 !== null) {
    const found = await hashFile(partial.path, signal);
    if (found !== sha256) await reject(`its SHA-256 is ${found}, the server announced ${sha256}`);
  }
  try {
    await check(partial.path);
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== "model-corrupt") throw error;
    await reject(`what came is no usable model: ${String(error.facts["reason"])}`);
  }
}

async function hashFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** What may be different in a minute: everything but an answer that was meant. */
function isTemporary(error: unknown): boolean {
  if (error instanceof HttpError) return error.status >= 500 || [408, 425, 429].includes(error.status);
  return !(error instanceof ToolError);
}

/** `fetch` says "fetch failed" and keeps the reason in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message || ((error.cause as NodeJS.ErrnoException).code ?? "")}` : error.message;
}

function hinted(error: unknown, url: URL): unknown {
  if (!(error instanceof HttpError)) return error;
  const hint = HINTS[error.status];
  return new ToolError("model-download", { url: url.href, reason: error.message, ...(hint === undefined ? {} : { hint }) }, { cause: error });
}

const HINTS: Readonly<Record<number, string>> = {
  401: "The repository may be private or gated: accept its terms and set HF_TOKEN",
  403: "The repository may be private or gated: accept its terms and set HF_TOKEN",
  404: "Check `model:` in tools.yaml",
};
