import { ToolError } from "../../../pipes/protocol/errors.ts";

/** Where a Qdrant server is. */
export interface Address {
  /** As a person would write it; for messages. */
  readonly url: string;
  readonly https: boolean;
  readonly host: string;
  readonly port: number;
  /** Of its paths, where it is behind another server; else empty. */
  readonly prefix: string;
}

/** Reads `qdrant+http://host:6333` and `qdrant+https://host/prefix`. @throws ToolError `invalid-request` */
export function readAddress(uri: string): Address {
  const wrong = (got: string): ToolError => new ToolError("invalid-request", { path: "uri", expected: "qdrant+http://HOST:6333 or qdrant+https://HOST:6333", got });
  if (!URL.canParse(uri)) throw wrong(uri);
  const { protocol, username, password, hostname, port, pathname, search, hash } = new URL(uri);
  if ((protocol !== "qdrant+http:" && protocol !== "qdrant+https:") || hostname === "") throw wrong(uri);
  // Not repeated in the message: it would end in logs.
  if (username !== "" || password !== "") throw wrong("an address with a name or a password in it; the API key is a setting of its own");
  if (search !== "" || hash !== "") throw wrong(uri);
  const https = protocol === "qdrant+https:";
  const prefix = pathname.replace(/\/+$/, "");
  const number = port === "" ? DEFAULT_PORT : Number(port);
  return { url: `${https ? "https" : "http"}://${hostname}:${number}${prefix}`, https, host: hostname, port: number, prefix };
}

/** Qdrant's own, for https too. */
const DEFAULT_PORT = 6333;
