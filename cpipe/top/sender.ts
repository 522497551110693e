import { askInterfaces } from "../../pipes/client/interfaces.ts";
import { DEFAULT_TIMEOUT_MS } from "../../pipes/client/pending.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { isFinal, type ToolEvent } from "../../pipes/protocol/messages.ts";
import { commandIn } from "../interfaces.ts";
import { patienceWith, presenterFor } from "../present.ts";
import { rendererFor } from "../render.ts";
import { isBare, soundOnDisk } from "../sound/file.ts";
import { receiveSound } from "../sound/receive.ts";
import { Clients } from "../stdio/clients.ts";
import { styleFor } from "../style.ts";
import type { Effect, Message } from "./model.ts";

type Sending = Extract<Effect, { do: "send" }>;

/** Sends tools what the messenger is given, over one connection to each that is kept. */
export class Sender {
  readonly #tell: (message: Message) => void;
  readonly #clients = new Clients();
  readonly #under = new Map<number, AbortController>();
  readonly #closing = new AbortController();

  constructor(tell: (message: Message) => void) {
    this.#tell = tell;
  }

  /** All its interfaces, as the tool tells them. @throws ToolError */
  async describe(tool: string): Promise<void> {
    const { client } = await this.#clients.to(tool, this.#closing.signal);
    this.#tell({ type: "described", tool, interfaces: await askInterfaces(client, { timeout: DEFAULT_TIMEOUT_MS, signal: this.#closing.signal }) });
  }

  /** Each event of the answer is told as it comes, and at last how it ended. */
  async send(sending: Sending): Promise<void> {
    const { id } = sending;
    const cancel = new AbortController();
    this.#under.set(id, cancel);
    try {
      await this.#perform(sending, cancel.signal);
      this.#tell({ type: "answer-ended", id, failure: null });
    } catch (thrown) {
      this.#tell({ type: "answer-ended", id, failure: ToolError.from(thrown).message });
    } finally {
      this.#under.delete(id);
    }
  }

  cancel(id: number): void {
    this.#under.get(id)?.abort(new ToolError("cancelled"));
  }

  async close(): Promise<void> {
    for (const cancel of this.#under.values()) cancel.abort(new ToolError("cancelled"));
    this.#closing.abort(new ToolError("cancelled"));
    await this.#clients.close();
  }

  async #perform({ id, tool, cmd, args, file }: Sending, signal: AbortSignal): Promise<void> {
    const { target, client } = await this.#clients.to(tool, signal);
    const renderer = rendererFor("text", false, presenterFor(target.name, false, styleFor(false)));
    const tell = (event: ToolEvent, text: string): void => this.#tell({ type: "answered", id, event, text });
    const idempotent = commandIn(target.entry?.interfaces ?? [], cmd)?.idempotent ?? false;
    const options = { signal, idempotent, timeout: patienceWith(target.name, cmd) ?? DEFAULT_TIMEOUT_MS, onInterim: (event: ToolEvent) => tell(event, renderer.interim(event)) };
    if (file !== null) {
      const event = await receiveSound(client, cmd, args, options, soundOnDisk(file, isBare(args["format"], file)));
      return tell(event, `${renderer.final(event)}${file} has the sound\n`);
    }
    for await (const event of client.stream(cmd, args, options)) tell(event, isFinal(event) ? renderer.final(event) : renderer.part(event));
  }
}
