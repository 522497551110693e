/** An answer that is not a success. `retryAfter` is in seconds. */
export class HttpError extends Error {
  readonly status: number;
  readonly retryAfter: number | null;

  constructor(url: URL, status: number, retryAfter: number | null) {
    super(`${url.host} answered ${status}${MEANINGS[status] === undefined ? "" : ` (${MEANINGS[status]})`}`);
    this.name = "HttpError";
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

const MEANINGS: Readonly<Record<number, string>> = { 401: "not signed in", 403: "forbidden", 404: "not found", 410: "gone", 429: "too many requests" };

export interface HttpRequest {
  readonly headers: Readonly<Record<string, string>>;
  /** Sent to the first address's host only, never to where that redirects. */
  readonly token: string | null;
  readonly signal: AbortSignal;
}

/** The final answer, and the headers of every answer on the way: Hugging Face tells a file's hash before it redirects. */
export interface HttpAnswer {
  readonly response: Response;
  readonly passed: readonly Headers[];
}

/** GET with redirects followed by hand. @throws HttpError, or what `fetch` throws when there is no answer at all */
export async function get(address: URL, { headers, token, signal }: HttpRequest): Promise<HttpAnswer> {
  const passed: Headers[] = [];
  for (let url = address, hops = 0; ; hops++) {
    const authorization: Record<string, string> = token !== null && url.origin === address.origin ? { authorization: `Bearer ${token}` } : {};
    const response = await fetch(url, { headers: { ...headers, ...authorization }, redirect: "manual", signal });
    passed.push(response.headers);
    const location = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || location === null) {
      if (response.ok) return { response, passed };
      await response.body?.cancel();
      const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
      throw new HttpError(url, response.status, Number.isFinite(retryAfter) ? retryAfter : null);
    }
    await response.body?.cancel();
    const next = new URL(location, url);
    if (hops === MAX_HOPS) throw new Error(`${address.host} redirects more than ${MAX_HOPS} times`);
    if (url.protocol === "https:" && next.protocol !== "https:") throw new Error(`${url.host} redirects to an address that is not encrypted`);
    url = next;
  }
}

const MAX_HOPS = 5;

/** The SHA-256 in hexadecimal that a server gives for the whole file, if it does. */
export function sha256Of(passed: readonly Headers[]): string | null {
  for (const headers of passed) {
    for (const name of ["x-linked-etag", "etag"]) {
      const hex = /^"?([0-9a-f]{64})"?$/i.exec(headers.get(name) ?? "")?.[1];
      if (hex !== undefined) return hex.toLowerCase();
    }
    const base64 = /sha-256=:?([A-Za-z0-9+/]{43}=)/i.exec(headers.get("repr-digest") ?? headers.get("digest") ?? "")?.[1];
    if (base64 !== undefined) return Buffer.from(base64, "base64").toString("hex");
  }
  return null;
}
