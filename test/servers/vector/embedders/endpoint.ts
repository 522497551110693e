import type { ServerResponse } from "node:http";
import { type Asked as Request, type EndpointServer as Server, send, serveEndpoint as serve } from "../../../engines/endpoint/serve.ts";

interface Body {
  readonly model: string;
  readonly input: readonly string[];
  readonly dimensions?: number;
}
export type Asked = Request<Body>;
export type EndpointServer = Server<Body>;
export { send };

/** Stands in for an endpoint with embeddings; `answer` may do otherwise, `count` is 1 at the first request. */
export function serveEndpoint(answer: (response: ServerResponse, asked: Asked, count: number) => void = sendVectors): Promise<EndpointServer> {
  return serve<Body>(answer);
}

/** Vectors that tell which text they are of: its length, the number of its spaces, and 1. Last text first, as an endpoint may. */
export function sendVectors(response: ServerResponse, { body }: Asked): void {
  const data = body.input.map((text, index) => ({ object: "embedding", index, embedding: [text.length, text.split(" ").length - 1, 1] }));
  send(response, 200, { object: "list", model: body.model, data: data.reverse() });
}
