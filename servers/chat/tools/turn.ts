import { ToolError } from "../../../pipes/protocol/errors.ts";
import type { GenerateRequest, GenerateResult, ModelCall, TurnPart } from "../engine/messages.ts";
import { added } from "../engine/added.ts";
import { valueOf } from "../engine/value.ts";
import { functionsOf, type Offer } from "./offer.ts";
import { halved, LEFT_OUT, type Outcome } from "./result.ts";

/** What a turn needs of the server. */
export interface TurnCalls {
  readonly generate: (request: GenerateRequest) => Promise<GenerateResult>;
  /** Performs a call, and tells the client of it. @throws ToolError the end of the request */
  readonly perform: (offer: Offer, args: unknown) => Promise<Outcome>;
  /** The context has no room for a result of `from` characters, which is given as `to`. */
  readonly onShortened: (from: number, to: number) => void;
}

/** `calls` are of functions of the request's own, and end the turn. */
export interface TurnResult extends GenerateResult {
  /** Calls of tools that were performed. */
  readonly performed: number;
}

/**
 * One answer of the model with all the calls that it makes on the way: each is performed, what came of it is put into the conversation, and the model
 * goes on. After `maxCalls` it is offered no tool any more, so that it has to answer. A call of the request's own functions ends the turn: those
 * performs whoever asked, and what else the same reply calls is not performed. With a schema there is a draft as long as there is something to
 * call; what has been drafted and found then stands before the answer, which is held to the schema. Tokens and times of the parts are added up.
 */
export async function takeTurn(request: GenerateRequest, offers: ReadonlyMap<string, Offer>, maxCalls: number, calls: TurnCalls): Promise<TurnResult> {
  const { schema, ...plain } = request;
  const { functions: own = {} } = request;
  const all = { ...own, ...functionsOf(offers) };
  const some = Object.keys(all).length > 0;
  const turn: TurnPart[] = [];
  let performed = 0;
  let text = "";
  let before: GenerateResult | null = null;
  let drafted = false;
  for (;;) {
    const left = maxCalls - performed;
    const offered: GenerateRequest = { ...plain, ...(left > 0 && offers.size > 0 ? { functions: all, maxCalls: left } : {}) };
    const drafting = schema !== undefined && !drafted && offered.functions !== undefined;
    const step = await generateFitting(schema === undefined || drafting ? offered : { ...plain, ...(some ? { functions: all } : {}), schema }, turn, calls);
    if (!drafting) text += step.text;
    before = before === null ? step : added(before, step);
    const theirs = step.calls.filter(({ name }) => Object.hasOwn(own, name));
    if (drafting && step.calls.length === 0) {
      drafted = true;
      if (step.text !== "") turn.push(`${step.text}\n`);
      continue;
    }
    // An endpoint may call although nothing is offered any more: nobody waits for what it has to say to that.
    if (step.calls.length === 0 || theirs.length > 0 || left <= 0) return { ...before, text, performed, calls: theirs };
    turn.push(...step.parts);
    for (const [place, made] of step.calls.slice(0, left).entries()) {
      turn.push({ ...(await answered(made, offers, request, calls)), first: place === 0 });
      performed++;
    }
  }
}

/** One call with what came of it, as the model is told. */
async function answered(made: ModelCall, offers: ReadonlyMap<string, Offer>, request: GenerateRequest, { perform }: TurnCalls): Promise<ModelCall & { readonly result: unknown }> {
  const offer = offers.get(made.name);
  // No grammar holds the model of an endpoint to what there is.
  if (offer === undefined) return { ...made, result: { error: `there is no function ${made.name}; there are ${[...offers.keys()].join(", ")}` } };
  const given = made.params ?? {};
  const args = completed(offer, given, request);
  const outcome = await perform(offer, args);
  const result = outcome.ok ? valueOf(outcome.text) : { error: outcome.message };
  return args === given ? { ...made, result } : { name: made.name, params: args, result };
}

/**
 * A small model may know that it wants to look something up, and not for what. Where the one text that a command needs is empty, the user's last words are
 * taken for it; only of a command that changes nothing, since an empty text may be meant.
 */
function completed({ text, schema }: Offer, args: unknown, { messages }: GenerateRequest): unknown {
  if (text === null || typeof args !== "object" || args === null) return args;
  const said = (args as Record<string, unknown>)[text] ?? "";
  const most = schema.properties[text]?.["maxLength"];
  const words = (messages.findLast(({ role }) => role === "user")?.content ?? "").slice(0, typeof most === "number" ? most : MOST_WORDS);
  return typeof said !== "string" || said.trim() !== "" || words === "" ? args : { ...args, [text]: words };
}

/** Characters of a message that is taken for a text to look up, where the tool does not say how many it takes. */
const MOST_WORDS = 1000;

/**
 * Where results are more than the context holds, the longest is halved until they fit, and leave room for an answer to speak of; without results to
 * be halved, any answer is better than none. @throws ToolError `context-overflow`
 */
async function generateFitting(request: GenerateRequest, turn: TurnPart[], { generate, onShortened }: TurnCalls): Promise<GenerateResult> {
  for (let roomy = turn.length > 0; ; ) {
    try {
      return await generate({ ...request, ...(turn.length === 0 ? {} : { turn: [...turn] }), ...(roomy ? { room: ANSWER_TOKENS } : {}) });
    } catch (error) {
      if (!(error instanceof ToolError) || error.code !== "context-overflow") throw error;
      if (halveLongest(turn, onShortened)) continue;
      if (!roomy) throw error;
      roomy = false;
    }
  }
}

const ANSWER_TOKENS = 512;

function halveLongest(turn: TurnPart[], onShortened: TurnCalls["onShortened"]): boolean {
  let longest = -1;
  let text = LEFT_OUT;
  for (const [place, part] of turn.entries()) {
    if (typeof part === "string" || "segmentType" in part) continue;
    const written = typeof part.result === "string" ? part.result : JSON.stringify(part.result);
    if (written.length > text.length) [longest, text] = [place, written];
  }
  const part = turn[longest];
  if (part === undefined || typeof part === "string" || "segmentType" in part) return false;
  const shorter = halved(text) ?? LEFT_OUT;
  turn[longest] = { ...part, result: shorter };
  onShortened(text.length, shorter.length);
  return true;
}
