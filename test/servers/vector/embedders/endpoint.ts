import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: { readonly model: string; readonly input: readonly string[]; readonly dimensions?: number };
}
export interface EndpointServer extends AsyncDisposable {
  readonly url: string;
  /** Every request so far. */
  readonly asked: Asked[];
}

/** Stands in for an endpoint that speaks as OpenAI's does; `answer` may do otherwise, `count` is 1 at the first request. */
export async function serveEndpoint(answer: (response: ServerResponse, asked: Asked, count: number) => void = sendVectors): Promise<EndpointServer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    request.on("end", () => {
      const one: Asked = { path: `${request.method} ${request.url}`, headers: request.headers, body: JSON.parse(text) as Asked["body"] };
      answer(response, one, asked.push(one));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Vectors that tell which text they are of: its length, the number of its spaces, and 1. Last text first, as an endpoint may. */
export function sendVectors(response: ServerResponse, { body }: Asked): void {
  const data = body.input.map((text, index) => ({ object: "embedding", index, embedding: [text.length, text.split(" ").length - 1, 1] }));
  send(response, 200, { object: "list", model: body.model, data: data.reverse() });
}

export function send(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(typeof body === "string" ? body : JSON.stringify(body));
}
