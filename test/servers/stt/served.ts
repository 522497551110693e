import { readdirSync, readFileSync } from "node:fs";
import { ToolClient, type ToolEvent } from "../../../pipes/client.ts";
import { makeWorld, type Running, type World } from "../../harness.ts";

/** An stt server from source with a client. */
export interface Served extends AsyncDisposable {
  readonly world: World;
  readonly server: Running;
  readonly client: ToolClient;
  connect(): Promise<ToolClient>;
}

export async function serveStt(settings: object = {}, env: NodeJS.ProcessEnv = {}): Promise<Served> {
  const world = makeWorld();
  const server = await world.serve("servers/stt/main.ts", "stt", { PIPE_TOOLS_SETTINGS: JSON.stringify(settings), ...env });
  const clients: ToolClient[] = [];
  const connect = async (): Promise<ToolClient> => {
    const client = await ToolClient.connect("stt", { folder: world.pipes });
    clients.push(client);
    return client;
  };
  return {
    world,
    server,
    client: await connect(),
    connect,
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.close()));
      await server.kill();
      await world.close();
    },
  };
}

export async function eventsOf(stream: AsyncIterable<ToolEvent>): Promise<ToolEvent[]> {
  const events: ToolEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

export const textOf = (events: readonly ToolEvent[]): string => events.map((event) => (typeof event["text"] === "string" ? event["text"] : "")).join("");

/** The engine's process: the server's only child. */
export function engineOf({ pid }: Running): number {
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const [, ppid] = /\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, "utf8")) ?? [];
      if (Number(ppid) === pid && readFileSync(`/proc/${name}/cmdline`, "utf8").includes("stt/engine/main")) return Number(name);
    } catch {
      continue; // it has ended
    }
  }
  throw new Error("the engine does not run");
}

/** Resolves with the first event of that name, from now on, that `found` accepts. */
export function eventual(client: ToolClient, name: string, found: (event: ToolEvent) => boolean = () => true): Promise<ToolEvent> {
  return new Promise((resolve) => {
    const look = (event: ToolEvent): void => {
      if (!found(event)) return;
      client.off(name, look);
      resolve(event);
    };
    client.on(name, look);
  });
}

export const stateOf = (client: ToolClient, state: string): Promise<ToolEvent> => eventual(client, "state_changed", (event) => event["state"] === state);

/** Resolves when the server is in that state, at once if it is. */
export async function reached(client: ToolClient, state: string): Promise<void> {
  const changed = stateOf(client, state);
  if ((await client.call("get_state"))["state"] !== state) await changed;
}
