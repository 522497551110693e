import { setTimeout as sleep } from "node:timers/promises";
import type { QdrantClient } from "@qdrant/js-client-rest";
import type { Static, TSchema } from "typebox";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { Log } from "../../../pipes/rpc/log.ts";
import { type Address, readAddress } from "./address.ts";
import { Welcome } from "./answers.ts";
import { throwIfCancelled, untilAborted } from "./cancelled.ts";
import { type Failure, failureOf, STRANGER } from "./failure.ts";
import { isShaped } from "./shape.ts";

export type Api = ReturnType<QdrantClient["api"]>;
/** One request; `init` has to be handed on, for it can be aborted by it. */
export type Ask = (api: Api, init: RequestInit) => Promise<{ readonly data: unknown }>;

export interface Circumstances {
  readonly signal?: AbortSignal | undefined;
  /** What to throw when Qdrant says 404. */
  readonly missing?: () => ToolError;
  /** What to throw when Qdrant says 409. */
  readonly conflicting?: () => ToolError;
}

export interface Patience {
  readonly readMs: number;
  /** A write is answered when it is on disk there. */
  readonly writeMs: number;
  /** Before a read is tried again; then four times as long. */
  readonly pauseMs: number;
}

export interface ConnectionOptions {
  readonly uri: string;
  readonly apiKey: string | null;
  readonly log: Log;
  readonly patience?: Partial<Patience>;
}

const PATIENCE: Patience = { readMs: 15_000, writeMs: 120_000, pauseMs: 150 };
const ATTEMPTS = 3;
/** The first version with the query API, and with sparse vectors whose rare terms weigh more. */
const OLDEST = [1, 10] as const;

/** Requests to one Qdrant server: never without an end, and each failure has a name. Nothing is opened before the first one. */
export class Connection {
  readonly #address: Address;
  readonly #apiKey: string | null;
  readonly #patience: Patience;
  #api: Promise<Api> | null = null;

  /** @throws ToolError `invalid-request` for an address that is none */
  constructor({ uri, apiKey, log, patience = {} }: ConnectionOptions) {
    this.#address = readAddress(uri);
    this.#apiKey = apiKey;
    this.#patience = { ...PATIENCE, ...patience };
    if (apiKey !== null && !this.#address.https && !isLocal(this.#address.host)) log.warn({ url: this.url }, "the API key goes over the network as plain text; use qdrant+https");
  }

  get url(): string {
    return this.#address.url;
  }

  /** Asked again where that may help. @throws ToolError `backend-failed`, `cancelled`, or what `circumstances` say */
  async read<Answer extends TSchema>(answer: Answer, ask: Ask, circumstances: Circumstances = {}): Promise<Static<Answer>> {
    return this.#request(answer, await this.#opened(circumstances.signal), ask, circumstances, this.#patience.readMs, ATTEMPTS);
  }

  /** Asked once: whether a change that was not confirmed has been made, nobody here knows. @throws ToolError as `read`, and `disk-full` */
  async write<Answer extends TSchema>(answer: Answer, ask: Ask, circumstances: Circumstances = {}): Promise<Static<Answer>> {
    return this.#request(answer, await this.#opened(circumstances.signal), ask, circumstances, this.#patience.writeMs, 1);
  }

  /** The next request begins anew. Idle sockets hold no process, and close by themselves. */
  close(): void {
    this.#api = null;
  }

  /** Several may wait for one opening, so it is nobody's to cancel; who is cancelled waits no longer. */
  #opened(signal: AbortSignal | undefined): Promise<Api> {
    this.#api ??= this.#open().catch((error: unknown) => {
      this.#api = null;
      throw error;
    });
    return untilAborted(this.#api, signal);
  }

  /** The client is 1 MB of code that nobody else has to load. */
  async #open(): Promise<Api> {
    const { QdrantClient } = await import("@qdrant/js-client-rest");
    const { host, port, https, prefix } = this.#address;
    // The key is given as a header, for the client would write its own warning about it to standard error; and without a timeout, for then
    // it would replace our signal by its own.
    const headers = this.#apiKey === null ? {} : { "api-key": this.#apiKey };
    const api = new QdrantClient({ host, port, https, prefix, headers, timeout: Number.POSITIVE_INFINITY, checkCompatibility: false }).api();
    const { version } = await this.#request(Welcome, api, async (api, init) => ({ data: { result: (await api.root({}, init)).data } }), {}, this.#patience.readMs, ATTEMPTS);
    if (!isRecent(version)) throw this.#failed({ reason: `Qdrant ${version} is too old`, hint: `Update it to ${OLDEST.join(".")} or newer` });
    return api;
  }

  async #request<Answer extends TSchema>(answer: Answer, api: Api, ask: Ask, circumstances: Circumstances, ms: number, attempts: number): Promise<Static<Answer>> {
    for (let attempt = 1; ; attempt++) {
      const failure = await this.#attempt(answer, api, ask, circumstances, ms);
      if ("result" in failure) return failure.result;
      if (!failure.passing || attempt >= attempts) throw this.#failed(failure);
      await sleep(this.#patience.pauseMs * 4 ** (attempt - 1), undefined, { signal: circumstances.signal }).catch(() => throwIfCancelled(circumstances.signal));
    }
  }

  async #attempt<Answer extends TSchema>(answer: Answer, api: Api, ask: Ask, { signal, missing, conflicting }: Circumstances, ms: number): Promise<{ result: Static<Answer> } | Failure> {
    throwIfCancelled(signal);
    const limit = AbortSignal.timeout(ms);
    try {
      // A redirect is not followed: the key would go wherever it leads.
      const { data } = await ask(api, { signal: signal === undefined ? limit : AbortSignal.any([signal, limit]), redirect: "error" });
      const result: unknown = typeof data === "object" && data !== null && "result" in data ? data.result : undefined;
      return isShaped(answer, result) ? { result } : { ...STRANGER, status: null, passing: false };
    } catch (error) {
      throwIfCancelled(signal);
      const failure = failureOf(error, ms / 1000);
      if (failure.status === 404 && missing !== undefined) throw missing();
      if (failure.status === 409 && conflicting !== undefined) throw conflicting();
      return failure;
    }
  }

  #failed({ reason, hint }: Pick<Failure, "reason" | "hint">): ToolError {
    if (/no space left|disk (is )?full|out of disk/i.test(reason)) return new ToolError("disk-full", { path: this.url });
    return new ToolError("backend-failed", { url: this.url, reason, ...(hint === undefined ? {} : { hint }) });
  }
}

function isRecent(version: string): boolean {
  const [major, minor] = /^v?(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [];
  return major !== undefined && minor !== undefined && (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]));
}

function isLocal(host: string): boolean {
  return host === "localhost" || host === "[::1]" || host.startsWith("127.");
}
