import { ToolError } from "../../pipes/protocol/errors.ts";
import { chat } from "../../pipes/protocol/interfaces/chat.ts";
import type { Args } from "../../pipes/protocol/interfaces/define.ts";
import { type ChatSettings, chatDefaults } from "../../pipes/protocol/settings/chat.ts";
import { appliesOf } from "../../pipes/protocol/settings/index.ts";
import type { Call } from "../../pipes/rpc/call.ts";
import { ToolServer, type ServerOptions } from "../../pipes/rpc/server.ts";
import type { ChatMessage, GenerateRequest, GenerateResult, Token } from "./engine/messages.ts";
import { Model } from "./model.ts";
import { Parts } from "../../pipes/rpc/parts.ts";

type A<C extends keyof (typeof chat)["commands"]> = Args<typeof chat, C>;

/**
 * The chat tool. The model runs in a process of its own, so this one always answers; a request that comes while the model
 * loads waits for it and is told so.
 */
export class ChatServer extends ToolServer {
  #settings: Readonly<ChatSettings>;
  readonly #model: Model;
  /** Requests in the hands of the engine. */
  readonly #underWay = new Set<Call>();

  constructor(options: ServerOptions = {}) {
    super({ name: "chat", description: "Talk to a language model", state: "loading", ...options });
    this.#settings = { ...chatDefaults, ...this.settings };
    this.#model = new Model(this.name, this.#settings, {
      room: () => this.room(),
      loading: () => this.setState("loading"),
      progress: (stage, value, total) => this.progress(stage, value, total),
      retrying: () => this.alive(),
      ready: (model) => {
        this.log.info({ ...model }, "model loaded");
        this.#settle();
      },
      failed: (error) => {
        this.log.error({ code: error.code, details: error.facts }, error.message);
        this.setState("error", { reason: error.message });
      },
      log: this.log,
    });
    this.implement(chat, {
      chat: ({ messages, ...sampling }: A<"chat">, call: Call) => this.#stream({ messages, ...sampling }, call),
      chat_blocking: ({ messages, ...sampling }: A<"chat_blocking">, call: Call) => this.#whole({ messages, ...sampling }, call),
      ask: ({ data, prompt, system, ...sampling }: A<"ask">, call: Call) => this.#stream({ messages: question(data ?? prompt, system), ...sampling }, call),
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

  protected override async onRelease(): Promise<void> {
    await this.#model.release();
  }

  protected override async onClose(): Promise<void> {
    await this.#model.close();
  }

  #stream(request: GenerateRequest, call: Call): AsyncIterable<unknown> {
    const parts = new Parts<Token>();
    this.#generate(request, call, (token) => parts.push(token)).then(
      (result) => parts.end(result),
      (error: unknown) => parts.fail(error),
    );
    return answerOf(parts);
  }

  async #whole(request: GenerateRequest, call: Call): Promise<unknown> {
    const result = await this.#generate(request, call, () => undefined);
    return { event: "reply", text: result.text, ...endingOf(result) };
  }

  async #generate(request: GenerateRequest, call: Call, onToken: (token: Token) => void): Promise<GenerateResult> {
    const messages = this.#withSystem(request.messages);
    try {
      return await this.#model.generate({ ...request, messages }, call, {
        onToken,
        onBegin: () => {
          this.#underWay.add(call);
          if (this.state === "idle") this.setState("inferring");
        },
      });
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
  return { event: "token", text: "", ...endingOf(parts.result as GenerateResult) };
}

function endingOf({ tokens, stopReason, milliseconds }: GenerateResult): object {
  const round = (ms: number): number => Math.round(ms * 10) / 10;
  return { tokens, reason: stopReason, timings: { prompt: round(milliseconds.prompt), reply: round(milliseconds.reply) } };
}
