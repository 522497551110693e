import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked<Body> {
  /** As `POST /v1/embeddings`. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Of a GET, null. */
  readonly body: Body;
  /** Resolves when the client has hung up, or has all of the answer. */
  readonly ended: Promise<void>;
}
export interface EndpointServer<Body> extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Every request so far. */
  readonly asked: Asked<Body>[];
}

/** Stands in for an endpoint that speaks as OpenAI's does; `count` is 1 at the first request. */
export async function serveEndpoint<Body>(answer: (response: ServerResponse, asked: Asked<Body>, count: number) => void, port = 0): Promise<EndpointServer<Body>> {
  const asked: Asked<Body>[] = [];
  const server = createServer((request, response) => {
    let text = "";
    const ended = new Promise<void>((resolve) => response.once("close", resolve));
    request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    request.on("end", () => {
      const one: Asked<Body> = { path: `${request.method} ${request.url}`, headers: request.headers, body: JSON.parse(text || "null") as Body, ended };
      answer(response, one, asked.push(one));
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${taken}/v1`,
    port: taken,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export function send(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(typeof body === "string" ? body : JSON.stringify(body));
}
