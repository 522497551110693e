import { ToolError } from "../../pipes/protocol/errors.ts";
import type { Log } from "../../pipes/rpc/log.ts";
import { type Endpoint, shownUrl } from "./endpoint.ts";

/** What tools.yaml says of an endpoint. */
export interface EndpointSettings {
  readonly url?: string;
  readonly apiKey?: string;
  readonly model?: string;
}

/** The endpoint of settings that have `backend: openai`; `path` is what it has to have below its address. @throws ToolError `usage` for what is missing */
export function endpointOf({ url, apiKey, model }: EndpointSettings, path: string, log: Log): Endpoint & { readonly model: string } {
  if (url === undefined) throw new ToolError("usage", { reason: `backend: openai needs \`url:\`, the address that has ${path} below it` });
  if (!URL.canParse(url)) throw new ToolError("usage", { reason: "`url:` is no address", hint: "Write it as http://localhost:11434/v1" });
  if (model === undefined || model === "builtin") throw new ToolError("usage", { reason: "backend: openai needs `model:`, what the endpoint calls its model" });
  const endpoint = { url, apiKey: apiKey ?? null, model };
  if (isExposed(endpoint)) log.warn({ url: shownUrl(endpoint) }, "the API key goes over the network as plain text; use https");
  return endpoint;
}

/** Whether its key would go over a network where others may read it. */
function isExposed({ url, apiKey }: Endpoint): boolean {
  const { protocol, hostname, password } = new URL(url);
  return protocol === "http:" && (apiKey !== null || password !== "") && !(hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127."));
}
