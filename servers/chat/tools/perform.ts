import { Ajv } from "ajv";
import { askInterfaces } from "../../../pipes/client/interfaces.ts";
import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { InterfaceShape } from "../../../pipes/protocol/interfaces/shape.ts";
import { isFinal } from "../../../pipes/protocol/messages.ts";
import { mismatchOf } from "../../../pipes/rpc/validation.ts";
import type { Lease } from "./fleet.ts";
import type { Offer } from "./offer.ts";
import { Collected, type Outcome } from "./result.ts";

export interface Limits {
  readonly signal: AbortSignal;
  /** Until the tool has answered as a whole. */
  readonly ms: number;
  /** The tool is still at it. */
  readonly onNews: () => void;
}

/** How long a tool may take to tell its interfaces, in ms. */
const INTERFACES_MS = 10_000;
/** Clients time silence (30 s unless they say otherwise); whoever waits for a tool hears this often that it still does. */
const NEWS_MS = 10_000;

/** @throws ToolError what keeps the tool from being asked; the signal's reason */
export async function interfacesOf(lease: Lease, signal: AbortSignal): Promise<InterfaceShape[]> {
  const client = await lease.connect(signal);
  return askInterfaces(client, { timeout: INTERFACES_MS, signal });
}

/**
 * One call that the model has made. Whatever becomes of it is an outcome that the model is told, but for the end of the request itself.
 * @throws ToolError the signal's reason
 */
export async function perform(lease: Lease, { tool, cmd, schema }: Offer, args: unknown, { signal, ms, onNews }: Limits): Promise<Outcome> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new ToolError("timeout", { tool, seconds: ms / 1000 })), ms);
  const news = setInterval(onNews, NEWS_MS);
  try {
    check(schema, args);
    const both = AbortSignal.any([signal, late.signal]);
    const client = await lease.connect(both);
    const collected = new Collected();
    const events = client.stream(cmd, args as object, { signal: both, timeout: Number.POSITIVE_INFINITY, onInterim: onNews });
    for await (const event of events) collected.take(event, isFinal(event));
    return collected.outcome();
  } catch (thrown) {
    signal.throwIfAborted();
    const { code, message } = ToolError.from(thrown);
    return { ok: false, code, message };
  } finally {
    clearTimeout(timer);
    clearInterval(news);
  }
}

/** A grammar does not hold a model to all that a schema says. @throws ToolError `invalid-request` */
function check(schema: object, args: unknown): void {
  // A foreign schema is compiled for this one call: Ajv would keep it for ever.
  const ajv = new Ajv({ strict: false, verbose: true, meta: false, validateSchema: false, validateFormats: false, logger: false });
  const fits = ajv.compile(schema);
  if (!fits(args)) throw mismatchOf(fits.errors ?? []);
}
