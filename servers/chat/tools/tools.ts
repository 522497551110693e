import type { Call } from "../../../pipes/rpc/call.ts";
import type { Log } from "../../../pipes/rpc/log.ts";
import type { GenerateRequest, GenerateResult } from "../engine/messages.ts";
import { readChoices } from "./choice.ts";
import { Fleet, isTool, type Lease } from "./fleet.ts";
import { named, type Offer, offersOf } from "./offer.ts";
import { interfacesOf, perform } from "./perform.ts";
import type { Outcome } from "./result.ts";
import { takeTurn, type TurnResult } from "./turn.ts";

export interface ToolTurn {
  readonly names: readonly string[];
  readonly maxCalls: number;
  /** How long one call may take, in ms. */
  readonly callMs: number;
  readonly generate: (request: GenerateRequest) => Promise<GenerateResult>;
  /** Resolves when the client has been sent what the model has said so far. */
  readonly told: () => Promise<void>;
}

/** Lets the model of the tool `self` use other tools of the fleet, as an ordinary client of theirs. */
export class Tools {
  readonly #self: string;
  readonly #log: Log;
  readonly #fleet = new Fleet();

  constructor(self: string, log: Log) {
    this.#self = self;
    this.#log = log;
  }

  /** @throws ToolError before anything is generated: what is wrong with a tool that was named; then what `generate` throws */
  async answer(request: GenerateRequest, call: Call, turn: ToolTurn): Promise<TurnResult> {
    const leases = new Map<string, Lease>();
    try {
      const offers = named(await this.#offers(turn.names, call, leases), Object.keys(request.functions ?? {}));
      return await takeTurn(request, offers, turn.maxCalls, {
        generate: turn.generate,
        perform: async (offer, args) => {
          await turn.told();
          return this.#perform(leases.get(offer.tool)!, offer, args, call, turn.callMs);
        },
        onShortened: (from, to) => this.#log.warn({ from, to }, "a tool's result was shortened: the context has no room for it"),
      });
    } finally {
      for (const lease of leases.values()) lease.release();
    }
  }

  async close(): Promise<void> {
    await this.#fleet.close();
  }

  async #offers(names: readonly string[], call: Call, leases: Map<string, Lease>): Promise<Offer[]> {
    const choices = readChoices(names, this.#self, isTool);
    const interfaces = new Map<string, ReturnType<typeof interfacesOf>>();
    for (const { tool } of choices) {
      if (leases.has(tool)) continue;
      const lease = this.#fleet.lease(tool);
      leases.set(tool, lease);
      interfaces.set(tool, interfacesOf(lease, call.signal));
    }
    const known = new Map(await settled(interfaces));
    return choices.flatMap((choice) => offersOf(choice, known.get(choice.tool) ?? []));
  }

  async #perform(lease: Lease, offer: Offer, args: unknown, call: Call, ms: number): Promise<Outcome> {
    const { tool, cmd } = offer;
    call.emit({ event: "tool_call", tool, cmd, args });
    const onNews = (): void => call.progress(`waiting for ${tool} ${cmd}`, 0, null);
    const outcome = await perform(lease, offer, args, { signal: call.signal, ms, onNews });
    call.emit({ event: "tool_result", tool, cmd, ...outcome });
    if (!outcome.ok) this.#log.info({ tool, cmd, code: outcome.code, reason: outcome.message }, "a call of the model's has failed");
    return outcome;
  }
}

/** All of them, or the first failure once none is under way any more. */
async function settled<K, V>(promises: ReadonlyMap<K, Promise<V>>): Promise<[K, V][]> {
  await Promise.allSettled(promises.values());
  return Promise.all(Array.from(promises, async ([key, promise]): Promise<[K, V]> => [key, await promise]));
}
