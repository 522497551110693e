import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";

export interface Web extends AsyncDisposable {
  readonly url: URL;
  /** Every request so far, as `GET /path Range`. */
  readonly log: string[];
}
export type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

/** A web server on a free port; `count` is 1 at the first request. */
export async function serve(handle: Handler): Promise<Web> {
  const log: string[] = [];
  const server = createServer((request, response) => {
    log.push(`${request.method} ${request.url}${request.headers.range === undefined ? "" : ` ${request.headers.range}`}`);
    handle(request, response, log.length);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/model.gguf`),
    log,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

interface SendOptions {
  readonly etag?: string;
  readonly most?: number;
  readonly headers?: Record<string, string>;
}

/** Answers as a file server does, with an ETag, `Range` and `If-Range`. `most` ends the connection after so many bytes of it. */
export function sendFile(request: IncomingMessage, response: ServerResponse, bytes: Buffer, options: SendOptions = {}): void {
  const { etag = '"one"', most = Number.POSITIVE_INFINITY, headers = {} } = options;
  const wanted = /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
  const start = wanted !== undefined && request.headers["if-range"] === etag ? Number(wanted) : 0;
  if (start >= bytes.length) return void response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
  const body = bytes.subarray(start);
  const range = { "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
  response.writeHead(start > 0 ? 206 : 200, { etag, "content-length": body.length, ...(start > 0 ? range : {}), ...headers });
  if (body.length <= most) return void response.end(body);
  response.write(body.subarray(0, most), () => response.socket?.end());
}
