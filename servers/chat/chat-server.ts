import { ToolError } from "../../pipes/protocol/errors.ts";
import { chat } from "../../pipes/protocol/interfaces/chat.ts";
import type { Args } from "../../pipes/protocol/interfaces/define.ts";
import { toldBy } from "../../engines/residence.ts";
import { type ChatSettings, chatDefaults, USUAL_CALLS } from "../../pipes/protocol/settings/chat.ts";
import { appliesOf } from "../../pipes/protocol/settings/index.ts";
import type { Call } from "../../pipes/rpc/call.ts";
import type { OwnLoad } from "../../pipes/rpc/worker.ts";
import type { ServerOptions } from "../../pipes/rpc/server-options.ts";
import { ToolServer } from "../../pipes/rpc/server.ts";
import type { ChatMessage, GenerateRequest, GenerateResult, Token } from "./engine/messages.ts";
import { Model } from "./model.ts";
import { Parts } from "../../pipes/rpc/parts.ts";
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
    this.#model = new Model(this.name, this.#settings, toldBy(this, { room: () => this.room(), settle: () => this.#settle() }));
    this.implement(chat, {
      chat: (request: A<"chat">, call: Call) => this.#stream(request, call),
      chat_blocking: (request: A<"chat_blocking">, call: Call) => this.#whole(request, call),
      ask: ({ data, prompt, system, ...rest }: A<"ask">, call: Call) => this.#stream({ messages: question(data ?? prompt, system), ...rest }, call),
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
    const fixed = [...keys].filter((key) => appliesOf("chat", key) !== "live" && this.#settings[key] !== next[key]);
    if (fixed.length > 0) throw new ToolError("unsupported", { tool: this.name, what: `take another ${fixed.join(", ")} while it runs`, hint: "Restart it" });
    this.#settings = next;
    this.#model.configure(next);
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
    const result = await this.#answer(request, call, () => undefined, nothing);
    return { event: "reply", text: result.text, ...endingOf(result) };
  }

  /** `told` resolves when the client has been sent what came by `onToken`. */
  async #answer({ tools, maxCalls = USUAL_CALLS, ...asked }: Asked, call: Call, onToken: (token: Token) => void, told: () => Promise<void>): Promise<TurnResult> {
    const { callTimeout = chatDefaults.callTimeout, tools: usual = [] } = this.#settings;
    const onBegin = (): void => {
      this.#underWay.add(call);
      if (this.state === "idle") this.setState("inferring");
    };
    const generate = (request: GenerateRequest): Promise<GenerateResult> => this.#model.generate(request, call, { onToken, onBegin });
    const turn = { names: tools ?? usual, maxCalls, callMs: callTimeout * 1000, generate, told };
    try {
      return await this.#tools.answer({ ...asked, messages: this.#withSystem(asked.messages) }, call, turn);
    } finally {
      this.#underWay.delete(call);
      this.#settle();
    }
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

function question(prompt: string | undefined, system: string | undefined): ChatMessage[] {
  if (prompt === undefined || prompt === "") throw new ToolError("invalid-request", { path: "$.data", expected: "the prompt, as text", got: prompt === undefined ? "nothing" : "an empty text" });
  return [...(system === undefined ? [] : [{ role: "system", content: system } as const]), { role: "user", content: prompt }];
}

/** Tokens as events; the last event has no text. What a model thinks aloud goes beside the text, not into it. */
async function* answerOf(parts: Parts<Token>): AsyncGenerator<unknown, unknown> {
  for await (const { text, thought } of parts) yield thought ? { event: "token", text: "", thought: text } : { event: "token", text };
  return { event: "token", text: "", ...endingOf(parts.result as TurnResult) };
}

function endingOf({ tokens, stopReason, milliseconds, performed }: TurnResult): object {
  const round = (ms: number): number => Math.round(ms * 10) / 10;
  return { tokens, reason: stopReason, ...(performed === 0 ? {} : { calls: performed }), timings: { prompt: round(milliseconds.prompt), reply: round(milliseconds.reply) } };
}
