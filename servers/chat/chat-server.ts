import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { chat } from "../../pipes/protocol/interfaces/chat.ts";
import type { Schema } from "../../pipes/protocol/interfaces/arguments.ts";
import type { Args } from "../../pipes/protocol/interfaces/define.ts";
import { toldBy } from "../../engines/residence.ts";
import { type ChatSettings, chatDefaults, USUAL_CALLS } from "../../pipes/protocol/settings/chat.ts";
import { appliesOf } from "../../pipes/protocol/settings/index.ts";
import type { Call } from "../../pipes/rpc/call.ts";
import type { OwnLoad } from "../../pipes/rpc/worker.ts";
import type { ServerOptions } from "../../pipes/rpc/server-options.ts";
import { ToolServer } from "../../pipes/rpc/server.ts";
import type { ChatMessage, GenerateRequest, GenerateResult, ModelFunction, Token } from "./engine/messages.ts";
import { orderly } from "./conversation.ts";
import { Model } from "./model.ts";
import { Parts } from "../../pipes/rpc/parts.ts";
import { answerInForm } from "./schema/answer.ts";
import { formOf } from "./schema/form.ts";
import { Tools } from "./tools/tools.ts";
import type { TurnResult } from "./tools/turn.ts";

type A<C extends keyof (typeof chat)["commands"]> = Args<typeof chat, C>;
/** A conversation to be continued, and with which tools; those are not the engine's concern. */
type Asked = A<"chat">;

/**
 * The chat tool. The model runs in a process of its own, so this one always answers; a request that comes while the model
 * loads waits for it and is told so.
 */
export class ChatServer extends ToolServer {
  #settings: Readonly<ChatSettings>;
  readonly #model: Model;
  readonly #tools: Tools;
  /** Requests in the hands of the engine. */
  readonly #underWay = new Set<Call>();

  constructor(options: ServerOptions = {}) {
    super({ name: "chat", description: "Talk to a language model", state: "loading", ...options });
    this.#settings = { ...chatDefaults, ...this.settings };
    this.#tools = new Tools(this.name, this.log);
    this.#model = new Model(this.name, this.settings, toldBy(this, { room: () => this.room(), settle: () => this.#settle() }));
    this.implement(chat, {
      chat: (request: A<"chat">, call: Call) => this.#stream(request, call),
      chat_blocking: (request: A<"chat_blocking">, call: Call) => this.#whole(request, call),
      ask: ({ data, prompt, system, ...rest }: A<"ask">, call: Call) => this.#stream({ messages: question(data ?? prompt, system), ...rest }, call),
      embed: (request: A<"embed">, call: Call) => this.#embed(request, call),
      count_tokens: async ({ text, messages }: A<"count_tokens">, call: Call) => this.#model.countTokens(messages === undefined ? { text: text ?? "" } : { messages: this.#withSystem(orderly(messages)) }, call),
      get_model: async (_: A<"get_model">, call: Call) => ({ event: "model", model: await this.#model.loaded(call) }),
    });
  }

  /** Begins to fetch and load the model. */
  prepare(): void {
    this.#model.prepare();
  }

  /** What a reply is chosen by holds from the next request on; what the engine was loaded by needs another process. @throws ToolError `unsupported` */
  protected override onConfigure(settings: Readonly<Record<string, unknown>>): void {
    const next: ChatSettings = { ...chatDefaults, ...settings };
    const keys = new Set([...Object.keys(this.#settings), ...Object.keys(next)] as (keyof ChatSettings)[]);
    const fixed = [...keys].filter((key) => appliesOf("chat", key) !== "live" && !isDeepStrictEqual(this.#settings[key], next[key]));
    if (fixed.length > 0) throw new ToolError("unsupported", { tool: this.name, what: `take another ${fixed.join(", ")} while it runs`, hint: "Restart it" });
    this.#settings = next;
    this.#model.configure(settings);
  }

  protected override onHealth(): OwnLoad {
    return this.#model.load;
  }

  protected override async onRelease(): Promise<void> {
    await this.#model.release();
  }

  protected override async onClose(): Promise<void> {
    await Promise.all([this.#model.close(), this.#tools.close()]);
  }

  #stream(request: Asked, call: Call): AsyncIterable<unknown> {
    const parts = new Parts<Token>();
    const told = (): Promise<void> => Promise.race([parts.dealtWith(), new Promise<void>((resolve) => call.onEnd(resolve))]);
    this.#answer(request, call, (token) => parts.push(token), told).then(
      (result) => parts.end(result),
      (error: unknown) => parts.fail(error),
    );
    return answerOf(parts);
  }

  async #whole(request: Asked, call: Call): Promise<unknown> {
    const nothing = (): Promise<void> => Promise.resolve();
    const result = await this.#answer(request, call, writing(call), nothing);
    return { event: "reply", text: result.text, ...endingOf(result) };
  }

  /** `told` resolves when the client has been sent what came by `onToken`. */
  async #answer({ tools, maxCalls = USUAL_CALLS, functions, schema, messages, overflow = this.#settings.overflow ?? chatDefaults.overflow, ...asked }: Asked, call: Call, onToken: (token: Token) => void, told: () => Promise<void>): Promise<TurnResult> {
    const { callTimeout = chatDefaults.callTimeout, tools: usual = [] } = this.#settings;
    const form = schema === undefined ? null : await formOf(schema as Schema, this.#settings.backend === "local");
    const said = (request: GenerateRequest, onToken: (token: Token) => void): Promise<GenerateResult> => this.#model.generate(request, call, { onToken, onBegin: () => this.#begun(call) });
    const generate = (request: GenerateRequest): Promise<GenerateResult> => {
      if (form === null) return said(request, onToken);
      // What is said before the answer itself is no part of it.
      if (request.schema === undefined) return said(request, ({ text }) => onToken({ text, thought: true }));
      return answerInForm(form, request, { generate: said, onToken, onHeld: writing(call) });
    };
    const turn = { names: tools ?? usual, maxCalls, callMs: callTimeout * 1000, generate, told };
    const request = { ...asked, overflow, ...(form === null ? {} : { schema: form.schema }), ...functionsOf(functions), messages: this.#withSystem(orderly(messages)) };
    try {
      const result = await this.#tools.answer(request, call, turn);
      if (result.trimmed > 0) this.log.info({ messages: messages.length, trimmed: result.trimmed }, "a conversation is longer than the context: its oldest messages were left out");
      return result;
    } finally {
      this.#ended(call);
    }
  }

  async #embed({ text, texts }: A<"embed">, call: Call): Promise<unknown> {
    if ((text === undefined) === (texts === undefined)) throw new ToolError("invalid-request", { path: "$.text", expected: "a text, or texts", got: text === undefined ? "neither" : "both" });
    try {
      const vectors = await this.#model.embed(texts ?? [text!], call, () => this.#begun(call));
      return texts === undefined ? { vector: vectors[0] } : { vectors };
    } finally {
      this.#ended(call);
    }
  }

  #begun(call: Call): void {
    this.#underWay.add(call);
    if (this.state === "idle") this.setState("inferring");
  }

  #ended(call: Call): void {
    this.#underWay.delete(call);
    this.#settle();
  }

  /** Back to idle when nothing is under way; a loading or broken model says so itself. */
  #settle(): void {
    if (!this.#model.ready) return;
    if (this.#underWay.size === 0) this.setState("idle");
    else if (this.state === "loading") this.setState("inferring");
  }

  #withSystem(messages: readonly ChatMessage[]): readonly ChatMessage[] {
    const { system } = this.#settings;
    if (system === undefined || messages.some((message) => message.role === "system")) return messages;
    return [{ role: "system", content: system }, ...messages];
  }
}

/** An answer that is not sent before it is complete shows so often, in ms, that it is being written: clients time silence. */
const NEWS_MS = 1000;

/** To be called at each token of such an answer. */
function writing(call: Call): () => void {
  let tokens = 0;
  let told = Number.NEGATIVE_INFINITY;
  return () => {
    tokens++;
    const now = performance.now();
    if (now - told < NEWS_MS) return;
    told = now;
    call.progress("writing", tokens, null);
  };
}

function question(prompt: string | undefined, system: string | undefined): ChatMessage[] {
  if (prompt === undefined || prompt === "") throw new ToolError("invalid-request", { path: "$.data", expected: "the prompt, as text", got: prompt === undefined ? "nothing" : "an empty text" });
  return [...(system === undefined ? [] : [{ role: "system", content: system } as const]), { role: "user", content: prompt }];
}

/** As the engine takes them. @throws ToolError `invalid-request` */
function functionsOf(functions: Asked["functions"] = []): { functions?: Record<string, ModelFunction> } {
  const byName = new Map<string, ModelFunction>();
  for (const [place, { name, description, parameters }] of functions.entries()) {
    if (byName.has(name)) throw new ToolError("invalid-request", { path: `$.functions[${place}].name`, expected: "a name of its own", got: name });
    byName.set(name, { ...(description === undefined ? {} : { description }), ...(parameters === undefined ? {} : { schema: parameters as Schema }) });
  }
  return functions.length === 0 ? {} : { functions: Object.fromEntries(byName) };
}

/** Tokens as events; the last event has no text. What a model thinks aloud goes beside the text, not into it. */
async function* answerOf(parts: Parts<Token>): AsyncGenerator<unknown, unknown> {
  for await (const { text, thought } of parts) yield thought ? { event: "token", text: "", thought: text } : { event: "token", text };
  return { event: "token", text: "", ...endingOf(parts.result as TurnResult) };
}

function endingOf({ tokens, stopReason, milliseconds, performed, calls, trimmed }: TurnResult): object {
  const round = (value: number): number => Math.round(value * 10) / 10;
  const { prompt, reply } = milliseconds;
  return {
    ...(tokens === null ? {} : { tokens }),
    reason: calls.length === 0 ? stopReason : "calls",
    ...(calls.length === 0 ? {} : { function_calls: calls.map(({ name, params }) => ({ id: `call_${randomBytes(9).toString("base64url")}`, name, arguments: params })) }),
    ...(performed === 0 ? {} : { calls: performed }),
    ...(trimmed === 0 ? {} : { trimmed }),
    timings: { prompt: round(prompt), reply: round(reply), ...(tokens === null ? {} : { rate: round(reply === 0 ? 0 : (tokens.reply * 1000) / reply) }) },
  };
}
