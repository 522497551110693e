import { setTimeout as sleep } from "node:timers/promises";
import { handler, runServer, ToolServer, Type, type Call } from "../../pipes/server.ts";

/** Says back what it is told: the smallest whole server, and the one most tests talk to. */
class Echo extends ToolServer {
  @handler("echo", { description: "Say it back", args: { data: Type.Optional(Type.Unknown({ description: "anything" })) }, text: "data", idempotent: true, readOnly: true })
  echo({ data }: { data?: unknown }) {
    return { event: "echo", data: data ?? null };
  }

  @handler("count", {
    description: "Count, one number at a time",
    args: {
      to: Type.Integer({ minimum: 1, description: "the last number" }),
      delay: Type.Optional(Type.Number({ minimum: 0, maximum: 3_600_000, default: 0, description: "milliseconds between two numbers" })),
    },
    text: "to",
    readOnly: true,
  })
  async *count({ to, delay = 0 }: { to: number; delay?: number }, call: Call) {
    for (let number = 1; number <= to && !call.signal.aborted; number++) {
      yield `${number}\n`;
      if (delay > 0) await pause(delay, call.signal);
    }
  }

  @handler("shout", { description: "Tell every client", args: { data: Type.String({ description: "what to tell" }) }, text: "data" })
  shout({ data }: { data: string }) {
    this.broadcast({ event: "shouted", data });
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined); // cancelled
}

await runServer(new Echo({ name: "echo", description: "says back what it is told" }));
