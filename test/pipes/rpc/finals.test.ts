import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { isFinal, type ToolEvent } from "../../../pipes/protocol/messages.ts";
import { type Call, ToolServer } from "../../../pipes/server.ts";
import { rawClient, type RawClient } from "../../raw.ts";

// A server whose one handler does what a script says, a step each time the test lets it; requests are cancelled in between.
const folder = mkdtempSync(join(tmpdir(), "pipe-tools-finals-"));
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const server = new ToolServer({ name: "scripted", folder, log: silent });
let client: RawClient;

type Step = "wait" | "emit" | "news" | "finish" | "fail" | "cancel-self" | "throw" | "return" | "yield";
let gates: Array<() => void> = [];
const turn = (): Promise<void> => new Promise((resolve) => gates.push(resolve));

async function* perform({ steps }: { steps: Step[] }, call: Call): AsyncGenerator<unknown, unknown> {
  for (const step of steps) {
    if (step === "wait") await turn();
    if (step === "emit") call.emit({ event: "part", done: false });
    if (step === "news") call.progress("step", 1, null);
    if (step === "finish") call.finish({ event: "finished" });
    if (step === "cancel-self") call.cancel();
    if (step === "fail") call.finish({ event: "error", message: "said by the handler" });
    if (step === "throw") throw new Error("thrown");
    if (step === "return") return { event: "returned" };
    if (step === "yield") yield "x";
  }
  return undefined;
}
server.handler("stream", (args: { steps: Step[] }, call) => perform(args, call));
server.handler("once", async (args: { steps: Step[] }, call) => {
  let last: unknown;
  for await (const part of perform(args, call)) last = part;
  return last;
});

before(async () => {
  await server.serve();
  client = rawClient({ pipes: folder }, "scripted");
  await client.subscribe({ wants: ["progress"] });
});
after(async () => {
  client.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

const step = fc.constantFrom<Step>("wait", "wait", "emit", "news", "finish", "fail", "cancel-self", "throw", "return", "yield");
const action = fc.oneof(
  fc.record({ do: fc.constantFrom("stream" as const, "once" as const), steps: fc.array(step, { maxLength: 6 }) }),
  fc.record({ do: fc.constant("cancel" as const), which: fc.nat(10) }),
  fc.record({ do: fc.constant("let-go" as const) }),
);

test("whatever a handler does, and whenever it is cancelled, each request has exactly one final event, and it is the last", async () => {
  let batch = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 25 }), async (actions) => {
      batch += 1;
      const ids: string[] = [];
      for (const [n, one] of actions.entries()) {
        if (one.do === "let-go") gates.shift()?.();
        else if (one.do === "cancel") client.send({ cmd: "cancel", req_id: ids[one.which % Math.max(1, ids.length)] ?? "none" });
        else {
          ids.push(`${batch}.${n}`);
          client.send({ cmd: one.do, steps: one.steps, req_id: `${batch}.${n}` });
        }
        if (n % 3 === 0) await new Promise(setImmediate);
      }
      // The rest is let go until the server has nothing under way, which an answered ping shows no longer waits.
      const seen: ToolEvent[] = [];
      const missing = (): string[] => ids.filter((id) => !seen.some((event) => event.req_id === id && isFinal(event) && event.event !== "cancelled"));
      for (let round = 0; ; round++) {
        for (const go of gates.splice(0)) go();
        client.send({ cmd: "ping", req_id: `${batch}-ping-${round}` });
        await client.next((event) => event["req_id"] === `${batch}-ping-${round}`);
        seen.push(...(client.messages.splice(0) as ToolEvent[]));
        if (missing().length === 0) break;
        assert.ok(round < 200, `never answered: ${missing().join(", ")}`);
      }
      for (const id of ids) {
        const mine = seen.filter((event) => event.req_id === id && event.event !== "cancelled");
        assert.deepEqual(mine.map(isFinal), mine.map((_, n) => n === mine.length - 1), JSON.stringify(mine));
      }
    }),
    { numRuns: 60 },
  );
});
