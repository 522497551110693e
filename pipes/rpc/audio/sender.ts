import type { AudioFormat } from "../../protocol/audio.ts";
import { encodeBlocks } from "../../transport/blocks.ts";
import type { FifoWriter } from "../../transport/writer.ts";
import type { Call } from "../call.ts";
import type { AudioSender } from "./audio.ts";

/** One recording on its way to a client: announced, sent in blocks, ended by an empty one. It ends with its request, too. */
export class Sender implements AudioSender {
  readonly #call: Call;
  readonly #writer: FifoWriter;
  readonly #onEnd: () => void;
  /** Wakes whoever waits to send more. */
  #wake: () => void = () => undefined;
  #open = true;

  constructor(call: Call, format: AudioFormat, writer: FifoWriter, onEnd: () => void) {
    this.#call = call;
    this.#writer = writer;
    this.#onEnd = onEnd;
    call.emit({ event: "audio_start", ...format });
    call.onEnd(() => this.#close());
  }

  async write(pcm: Buffer): Promise<void> {
    if (!this.#open || pcm.length === 0) return;
    this.#call.alive();
    this.#writer.writeBytes(encodeBlocks(pcm));
    // A client that does not read holds this up; one that has cancelled meanwhile does not.
    if (!this.#writer.full) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      void this.#writer.ready().then(resolve);
    });
  }

  end(): void {
    if (!this.#open) return;
    this.#call.emit({ event: "audio_stop", reason: "end" });
    this.#close();
  }

  #close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#writer.writeBytes(encodeBlocks(Buffer.alloc(0)));
    this.#wake();
    this.#onEnd();
  }
}
