import assert from "node:assert/strict";
import { ToolClient } from "../../pipes/client/tool-client.ts";
import type { World } from "../harness.ts";
import { rawClient } from "../raw.ts";

export interface Load {
  /** Resolves when each client has had so many more answers. */
  more(calls: number): Promise<void>;
  /** Resolves when the last call has been answered. */
  end(): Promise<void>;
  connect(tool: string): Promise<ToolClient>;
}

/** Two clients of an echo server, one with a lane and one without, that call as fast as they are answered. A failure rejects what is awaited next. */
export async function callsWithoutEnd(world: World, tool: string): Promise<Load> {
  const connect = (name: string): Promise<ToolClient> => ToolClient.connect(name, { folder: world.pipes, reconnect: false });
  const client = await connect(tool);
  const raw = rawClient(world, tool, process.ppid);
  await raw.subscribe();
  const calls = [
    async (data: number) => (await client.call("echo", { data }))["data"],
    async (data: number) => {
      raw.send({ cmd: "echo", data, req_id: data });
      return (await raw.next(({ req_id }) => req_id === data))["data"];
    },
  ];
  const over = new AbortController();
  const counts = calls.map(() => 0);
  let wake = (): void => undefined;
  const loops = calls.map(async (call, at) => {
    for (let data = 0; !over.signal.aborted; data++) {
      assert.equal(await call(data), data);
      counts[at] = data + 1;
      wake();
    }
  });
  return {
    connect,
    async more(wanted) {
      const goals = counts.map((count) => count + wanted);
      while (counts.some((count, at) => count < (goals[at] ?? 0))) await Promise.race([new Promise<void>((resolve) => (wake = resolve)), ...loops]);
    },
    async end() {
      over.abort();
      await Promise.all(loops);
      raw.close();
      await client.close();
    },
  };
}
