import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { addressOf, type Endpoint } from "./endpoint.ts";

/**
 * One request; resolves with the head of the answer, whose body is still to be read. A body makes it a POST. Not by `fetch`, which gives
 * up any answer that is silent for five minutes. No redirect is followed: it would turn the request into a GET, or carry the key to somebody else.
 * @throws Error when no answer begins; when `signal` is aborted, which ends the answer, too
 */
export function exchange({ url, apiKey }: Endpoint, path: string, body: object | null, signal: AbortSignal): Promise<IncomingMessage> {
  const address = addressOf({ url }, path);
  const text = body === null ? null : JSON.stringify(body);
  const headers = {
    accept: "application/json, text/event-stream",
    ...(text === null ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
    ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey.trim()}` }),
  };
  return new Promise((resolve, reject) => {
    const request = (address.protocol === "https:" ? requestHttps : requestHttp)(address, { method: text === null ? "GET" : "POST", headers, signal }, resolve);
    request.on("error", reject);
    request.end(text ?? undefined);
  });
}

/** All of an answer, or its beginning where more than `most` characters are sent. @throws Error when it breaks off */
export async function textOf(response: IncomingMessage, most = Number.POSITIVE_INFINITY): Promise<string> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8") as AsyncIterable<string>) {
    text += chunk;
    if (text.length > most) break;
  }
  return text;
}
