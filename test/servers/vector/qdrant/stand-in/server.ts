import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { Refused, type Request, Store } from "./store.ts";

/** A fault: handles the request in the server's stead; true when it has. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface StandIn extends AsyncDisposable {
  readonly uri: string;
  /** By their names at the server. */
  readonly collections: Map<string, Store>;
  /** Every request so far, as `POST /collections/…`. */
  readonly log: string[];
  /** Bodies of those that had one. */
  readonly bodies: { readonly request: string; readonly body: unknown }[];
  /** In force until it is null again. */
  fault: Fault | null;
}

interface StandInOptions {
  readonly version?: string;
  readonly apiKey?: string;
}

type Body = Request & { readonly points: unknown[]; readonly ids: string[]; readonly searches: Request[]; readonly field_name: string; readonly field_schema: string };

/** Qdrant's HTTP interface, as much of it as is used, over collections in memory: what was put in can be found. */
export async function standIn({ version = "1.10.0", apiKey }: StandInOptions = {}): Promise<StandIn> {
  const state = { collections: new Map<string, Store>(), log: [] as string[], bodies: [] as { request: string; body: unknown }[], fault: null as Fault | null };
  const server = createServer((request, response) => {
    const line = `${request.method} ${request.url}`;
    state.log.push(line);
    if (state.fault?.(request, response) === true) return;
    void handle(line, request, response);
  });
  const handle = async (line: string, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      if (line === "GET /") return send(response, 200, { title: "qdrant - vector search engine", version });
      if (apiKey !== undefined && request.headers["api-key"] !== apiKey) return void response.writeHead(401).end("Must provide an API key or an Authorization bearer token");
      const body = request.headers["content-length"] === undefined ? {} : await json(request);
      if (request.method !== "GET") state.bodies.push({ request: line, body });
      send(response, 200, { result: answer(state.collections, line, body as Body), status: "ok", time: 0 });
    } catch (error) {
      send(response, error instanceof Refused ? error.status : 500, { status: { error: (error as Error).message }, time: 0 });
    }
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(state, {
    uri: `qdrant+http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
}

export function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function answer(collections: Map<string, Store>, line: string, body: Body): unknown {
  if (line === "GET /collections") return { collections: [...collections.keys()].map((name) => ({ name })) };
  const [, method, encoded = "", action = ""] = /^(\w+) \/collections\/([^/?]+)([^?]*)/.exec(line) ?? [];
  const name = decodeURIComponent(encoded);
  if (method === "PUT" && action === "") return create(collections, name, body);
  if (method === "DELETE" && action === "") return collections.delete(name);
  const store = collections.get(name);
  if (store === undefined) throw new Refused(404, `Not found: Collection \`${name}\` doesn't exist!`);
  switch (`${method} ${action}`) {
    case "GET ":
      return { status: "green", config: { params: store.params } };
    case "PUT /points":
      return written(line, () => store.upsert(body.points as Parameters<Store["upsert"]>[0]));
    case "POST /points/delete":
      return written(line, () => store.delete(body));
    case "PUT /index":
      return written(line, () => store.index(body.field_name, body.field_schema));
    case "POST /points":
      return store.retrieve(body.ids, body);
    case "POST /points/count":
      return { count: store.count(body) };
    case "POST /points/scroll":
      return store.scroll(body);
    case "POST /points/query/batch":
      return body.searches.map((search) => store.query(search));
    default:
      throw new Refused(404, "");
  }
}

function create(collections: Map<string, Store>, name: string, body: unknown): true {
  if (collections.has(name)) throw new Refused(409, `Wrong input: Collection \`${name}\` already exists!`);
  collections.set(name, new Store(body as ConstructorParameters<typeof Store>[0], { strict: true }));
  return true;
}

/** Who does not wait is told so. */
function written(line: string, change: () => void): object {
  change();
  return { operation_id: 1, status: line.includes("wait=true") ? "completed" : "acknowledged" };
}
