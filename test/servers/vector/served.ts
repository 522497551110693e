import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ToolClient } from "../../../pipes/client/tool-client.ts";
import type { ToolEvent } from "../../../pipes/protocol/messages.ts";
import { type CollectionFacts, type Hit, type Row, vector } from "../../../pipes/protocol/interfaces/vector.ts";
import { mkfifo } from "../../../pipes/transport/libc.ts";
import type { Running, World } from "../../harness.ts";

/** What tests ask of a vector server, in the words of a test. */
export interface Asked {
  readonly call: (cmd: string, args?: object) => Promise<ToolEvent>;
  readonly collections: () => Promise<CollectionFacts[]>;
  readonly rows: (collection: string) => Promise<Row[]>;
  readonly hits: (args: object) => Promise<Hit[]>;
  /** How many rows a collection has; 0 where there is none. */
  readonly size: (collection: string) => Promise<number>;
}

/** A built vector server in a folder of its own, and a client of it. */
export interface Served extends Asked {
  readonly server: Running;
  readonly client: ToolClient;
  /** SIGTERM, or another; resolves with how it ended, once the client is closed. */
  end(signal?: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export interface ServeOptions {
  readonly settings?: object;
  readonly name?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly reconnect?: boolean;
  readonly program?: string;
}

/** Longer than any request here takes, on a machine that has much else to do. */
export const PATIENCE_MS = 60_000;

export function folderOf(world: World): string {
  const folder = join(world.folder, "collections");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

export const fileOf = (world: World, collection: string): string => join(folderOf(world), `${collection}.sqlite`);

export async function serve(world: World, { settings = {}, name = "v", env = {}, reconnect = false, program = "dist/servers/vector/main.js" }: ServeOptions = {}): Promise<Served> {
  const server = await world.serve(program, name, { PIPE_TOOLS_SETTINGS: JSON.stringify({ folder: folderOf(world), ...settings }), ...env });
  const client = await ToolClient.connect(name, { folder: world.pipes, reconnect, makeFifo: mkfifo });
  return { server, client, ...asked(client), end: async (signal = "SIGTERM") => (await Promise.all([server.kill(signal), server.ended.then(() => client.close())]))[0] };
}

export function asked(client: ToolClient): Asked {
  const call: Asked["call"] = (cmd, args = {}) => client.call(cmd, args, { timeout: PATIENCE_MS, idempotent: (vector.commands as Record<string, { idempotent?: boolean }>)[cmd]?.idempotent === true });
  const collections = async (): Promise<CollectionFacts[]> => (await call("collections"))["collections"] as CollectionFacts[];
  return {
    call,
    collections,
    size: async (collection) => (await collections()).find(({ name }) => name === collection)?.rows ?? 0,
    hits: async (args) => (await call("search", args))["hits"] as Hit[],
    async rows(collection) {
      let text = "";
      for await (const event of client.stream("export", { collection }, { timeout: PATIENCE_MS })) text += (event["text"] as string | undefined) ?? "";
      return text.split("\n").slice(1, -1).map((line) => JSON.parse(line) as Row);
    },
  };
}
