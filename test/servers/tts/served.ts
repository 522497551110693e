import { openCapture } from "../../../audio/devices/capture.ts";
import { ToolClient, type ToolEvent } from "../../../pipes/client.ts";
import { type Heard, hear } from "../../audio/devices/heard.ts";
import { type Pulse, startPulse } from "../../audio/pulse.ts";
import { makeWorld, type Running, type World } from "../../harness.ts";

export const RATE = 16_000;

/** A tts server of a test's own, with a loudspeaker that can be heard. */
export interface Served {
  readonly world: World;
  readonly pulse: Pulse;
  readonly server: Running;
  readonly heard: Heard;
  /** The first client. What it is told, and when. */
  readonly client: ToolClient;
  readonly events: Array<{ readonly event: ToolEvent; readonly at: number }>;
  connect(): Promise<ToolClient>;
  /** Resolves with the next event that `found` accepts. */
  told(found: (event: ToolEvent) => boolean): Promise<ToolEvent>;
  close(): Promise<void>;
}

export async function serveTts(settings: object = {}, env: NodeJS.ProcessEnv = {}): Promise<Served> {
  const world = makeWorld();
  const pulse = await startPulse();
  const server = await world.serve("servers/tts/main.ts", "tts", { ...pulse.env, PIPE_TOOLS_SETTINGS: JSON.stringify(settings), ...env });
  const microphone = await openCapture({ device: pulse.source, rate: RATE, env: { ...process.env, ...pulse.env } });
  const heard = hear(microphone, RATE);
  const clients: ToolClient[] = [];
  const connect = async (): Promise<ToolClient> => {
    const client = await ToolClient.connect("tts", { folder: world.pipes });
    clients.push(client);
    return client;
  };
  const client = await connect();
  const events: Array<{ readonly event: ToolEvent; readonly at: number }> = [];
  client.on("event", (event: ToolEvent) => events.push({ event, at: performance.now() }));
  await client.call("get_model");
  return {
    world,
    pulse,
    server,
    heard,
    client,
    events,
    connect,
    told: (found) =>
      new Promise((resolve) => {
        const look = (event: ToolEvent): void => {
          if (!found(event)) return;
          client.off("event", look);
          resolve(event);
        };
        client.on("event", look);
      }),
    async close() {
      await microphone.close();
      await heard.ended;
      await Promise.all(clients.map((one) => one.close()));
      await server.kill();
      await pulse.close();
      await world.close();
    },
  };
}

export const named = (name: string) => (event: ToolEvent): boolean => event.event === name;
