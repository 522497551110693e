import type { GenerateRequest, GenerateResult, ModelCall, Token } from "../engine/messages.ts";
import { Thinking } from "./thinking.ts";

/** What a model sends of a reply: a piece of it, or all of it where the endpoint does not stream. Each field may be missing, or null. */
interface Piece {
  readonly content?: unknown;
  readonly refusal?: unknown;
  /** DeepSeek's and older vLLM's name for what a model thinks aloud, and Ollama's, OpenRouter's and newer vLLM's. */
  readonly reasoning_content?: unknown;
  readonly reasoning?: unknown;
  readonly tool_calls?: unknown;
}
interface Chunk {
  readonly choices?: readonly ({ readonly delta?: Piece | null; readonly message?: Piece | null; readonly finish_reason?: unknown; readonly stop_reason?: unknown } | null)[] | null;
  readonly usage?: { readonly prompt_tokens?: unknown; readonly completion_tokens?: unknown; readonly prompt_tokens_details?: { readonly cached_tokens?: unknown } | null } | null;
}
interface CallPiece {
  readonly index?: unknown;
  readonly id?: unknown;
  readonly function?: { readonly name?: unknown; readonly arguments?: unknown } | null;
}

type Asked = Pick<GenerateRequest, "maxTokens" | "stop" | "functions">;

/** Puts the chunks of one reply together. Source: platform.openai.com/docs/api-reference/chat-streaming */
export class Reply {
  readonly #request: Asked;
  readonly #onToken: (token: Token) => void;
  readonly #thinking = new Thinking();
  readonly #calls = new Map<number, { id: string; name: string; arguments: string }>();
  #text = "";
  #thoughts = "";
  #finish: string | null = null;
  #stopText: unknown = null;
  #tokens: GenerateResult["tokens"] = null;
  #begun: number | null = null;
  /** null once anything of a reply has come. */
  #stranger: object | null | undefined;

  constructor(request: Asked, onToken: (token: Token) => void) {
    this.#request = request;
    this.#onToken = onToken;
  }

  /** When the model began to say or call something, by `performance.now`; null before that. From then on a reply cannot be begun anew unseen. */
  get begun(): number | null {
    return this.#begun;
  }

  /** The model has said that it is through. */
  get finished(): boolean {
    return this.#finish !== null;
  }

  /** What has come instead of a reply, where nothing else has; null otherwise. */
  get stranger(): object | null {
    return this.#stranger ?? null;
  }

  take(chunk: object): void {
    const { choices, usage } = chunk as Chunk;
    if (Array.isArray(choices)) this.#stranger = null;
    else if (this.#stranger === undefined) this.#stranger = chunk;
    if (typeof usage === "object" && usage !== null) this.#count(usage);
    const choice = choices?.[0];
    if (choice === undefined || choice === null) return;
    const piece = choice.delta ?? choice.message ?? {};
    this.#think(textIn(piece.reasoning_content) || textIn(piece.reasoning));
    for (const { text, thought } of contentIn(piece.content)) {
      if (thought) this.#think(text);
      else this.#say(this.#thinking.push(text));
    }
    if (typeof piece.refusal === "string") this.#say(this.#thinking.push(piece.refusal));
    if (Array.isArray(piece.tool_calls)) for (const [at, call] of piece.tool_calls.entries()) this.#call(call as CallPiece | null, at);
    if (typeof choice.finish_reason === "string") this.#finish = choice.finish_reason;
    this.#stopText = choice.stop_reason ?? this.#stopText;
  }

  /** The whole reply, once it has ended; `milliseconds` is what the caller has measured. */
  end(): Omit<GenerateResult, "milliseconds"> {
    this.#say(this.#thinking.end());
    // A model may call what it remembers from earlier turns; nobody could answer that.
    const made = this.#request.functions === undefined ? [] : [...this.#calls];
    const calls = made.sort(([a], [b]) => a - b).map(([, call]) => modelCall(call));
    return { text: this.#text, thoughts: this.#thoughts, trimmed: 0, tokens: this.#tokens, stopReason: this.#stopReason(), calls, parts: calls.length === 0 || this.#text === "" ? [] : [this.#text] };
  }

  #say(tokens: readonly Token[]): void {
    for (const token of tokens) {
      if (token.text === "") continue;
      this.#begun ??= performance.now();
      if (token.thought) this.#thoughts += token.text;
      else this.#text += token.text;
      this.#onToken(token);
    }
  }

  #think(text: string): void {
    this.#say([{ text, thought: true }]);
  }

  /** Arguments come in pieces under an index. Some endpoints give every call the same one; then a new id with a name is a new call. */
  #call(piece: CallPiece | null, at: number): void {
    this.#begun ??= performance.now();
    const { name, arguments: args } = piece?.function ?? {};
    const [id, said] = [textIn(piece?.id), textIn(name)];
    let index = typeof piece?.index === "number" ? piece.index : at;
    const known = this.#calls.get(index);
    if (known !== undefined && said !== "" && id !== "" && known.id !== "" && known.id !== id) index = [...this.#calls.keys()].reduce((last, key) => Math.max(last, key)) + 1;
    const call = this.#calls.get(index) ?? { id: "", name: "", arguments: "" };
    this.#calls.set(index, {
      id: call.id || id,
      name: call.name || said,
      arguments: call.arguments + (typeof args === "object" && args !== null ? JSON.stringify(args) : textIn(args)),
    });
  }

  #count({ prompt_tokens: prompt, completion_tokens: reply, prompt_tokens_details: details }: NonNullable<Chunk["usage"]>): void {
    if (!isCount(prompt) || !isCount(reply)) return;
    const cached = details?.cached_tokens;
    this.#tokens = { prompt, reused: isCount(cached) ? cached : 0, reply };
  }

  #stopReason(): GenerateResult["stopReason"] {
    if (this.#finish === "length") return this.#request.maxTokens === undefined ? "context" : "length";
    if (this.#finish === "content_filter") return "filter";
    // Only vLLM tells a text of `stop` from the model's own end.
    return typeof this.#stopText === "string" && (this.#request.stop ?? []).includes(this.#stopText) ? "stop" : "end";
  }
}

/** `raw` is the endpoint's id of the call. What is no JSON stays a text, for the check of the arguments to say so. */
function modelCall({ id, name, arguments: text }: { id: string; name: string; arguments: string }): ModelCall {
  return { name, params: text.trim() === "" ? {} : parsed(text), ...(id === "" ? {} : { raw: id }) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function textIn(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Text, or Mistral's list of parts with what was thought among them. */
function contentIn(content: unknown): Token[] {
  if (!Array.isArray(content)) return [{ text: textIn(content), thought: false }];
  const parts = content as ({ readonly type?: unknown; readonly text?: unknown; readonly thinking?: unknown } | null)[];
  return parts.flatMap((part): Token[] => {
    if (part?.type !== "thinking") return [{ text: textIn(part?.text), thought: false }];
    return contentIn(part.thinking).map(({ text }) => ({ text, thought: true }));
  });
}
