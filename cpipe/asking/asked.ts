import { ToolError } from "../../pipes/protocol/errors.ts";
import { isAsking, type Options } from "../flags.ts";
import { say } from "../output.ts";
import type { Renderer } from "../render.ts";
import type { Turn } from "./turn.ts";

export interface Request {
  readonly cmd: string;
  readonly args: Record<string, unknown>;
}

/** A request to a model as the flags for those want it. @throws ToolError `usage`, `file-failed`, `unsafe-file` */
export async function ask(request: Request & { readonly tool: string }, options: Options): Promise<Asked> {
  const { raw: _, ...said } = options.asking;
  if (!isAsking({ ...said, raw: false })) return new Asked(request, options, null);
  const { prepareTurn } = await import("./turn.ts"); // not loaded for anything else
  return new Asked(request, options, prepareTurn(request, options));
}

/** A request to a model, and what becomes of its answer beside being printed as it comes. */
export class Asked {
  /** What is sent. */
  readonly request: Request;
  readonly #options: Options;
  readonly #turn: Turn | null;
  #answer = "";
  #kept = false;

  constructor({ cmd, args }: Request, options: Options, turn: Turn | null) {
    this.request = turn?.request ?? { cmd, args };
    this.#options = options;
    this.#turn = turn;
  }

  /** What the answer is shown by on a terminal, if it is text that a person reads; null where it is printed as usual. */
  async renderer(tty: boolean): Promise<Renderer | null> {
    const { asking, output } = this.#options;
    if (asking.extract) return SILENT;
    if (!tty || output !== "text" || asking.raw || process.env["TERM"] === "dumb" || this.request.args["schema"] !== undefined) return null;
    const { markdownRenderer } = await import("../markdown/renderer.ts"); // only for a terminal
    return markdownRenderer();
  }

  /** A piece of the answer has come. */
  take(text: string): void {
    if (this.#turn !== null) this.#answer += text;
  }

  /** The answer is there. Returns what is to be printed of it in the end. @throws ToolError `no-code-block`, `disk-full`, `file-failed` */
  end(): string {
    this.#keep(false);
    return this.#options.asking.extract ? (this.#turn?.code(this.#answer) ?? "") : "";
  }

  /** No more will come of it: it was stopped, or has failed. */
  broke(): void {
    try {
      this.#keep(true);
    } catch (thrown) {
      say(ToolError.from(thrown).message);
    }
  }

  #keep(stopped: boolean): void {
    if (this.#kept || this.#answer === "") return;
    this.#kept = true;
    this.#turn?.keep(this.#answer, stopped);
  }
}

/** For an answer of which only a part is printed, when it is there. */
const SILENT: Renderer = { part: () => "", interim: () => "", final: () => "", failed: () => "", broken: () => "" };
