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
  /** This process. What it is told, and when. */
  readonly client: ToolClient;
  readonly events: Array<{ readonly event: ToolEvent; readonly at: number }>;
  /** Resolves with the next event that `found` accepts. */
  readonly told: (found: (event: ToolEvent) => boolean) => Promise<ToolEvent>;
  close(): Promise<void>;
}

export async function serveTts(settings: object = {}, env: NodeJS.ProcessEnv = {}): Promise<Served> {
  const world = makeWorld();
  const pulse = await startPulse();
  const server = await world.serve("servers/tts/main.ts", "tts", { ...pulse.env, PIPE_TOOLS_SETTINGS: JSON.stringify(settings), ...env });
  const microphone = await openCapture({ device: pulse.source, rate: RATE, env: { ...process.env, ...pulse.env } });
  const heard = hear(microphone, RATE);
  const client = await ToolClient.connect("tts", { folder: world.pipes });
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
      await client.close();
      await server.kill();
      await pulse.close();
      await world.close();
    },
  };
}

export const named = (name: string) => (event: ToolEvent): boolean => event.event === name;

export async function withTts(use: (tts: Served) => Promise<void>, settings: object = { speed: 2 }): Promise<void> {
  const tts = await serveTts(settings);
  try {
    await use(tts);
  } finally {
    await tts.close();
  }
}
