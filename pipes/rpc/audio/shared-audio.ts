import { ToolError } from "../../protocol/errors.ts";
import { fifoOf } from "../../protocol/names.ts";
import { BlockDecoder } from "../../transport/blocks.ts";
import { ByteReader } from "../../transport/bytes.ts";
import { ensureFifo, openPresentFifo, readWaiting, removeFifo } from "../../transport/fifo.ts";
import { identityOf } from "../../transport/holders.ts";
import { mkfifo } from "../../transport/libc.ts";
import type { Log } from "../log.ts";
import type { Sessions } from "../sessions.ts";

export interface SharedAudioOptions {
  readonly folder: string;
  readonly name: string;
  readonly log: Log;
  readonly sessions: () => Sessions;
}

/**
 * The data FIFO that clients without a lane share, as upstream has it: `u32 BE pid + u32 BE length + payload`. A block of up to PIPE_BUF
 * bytes arrives whole; where longer ones of two clients have mixed, nothing can be told apart until the FIFO is empty.
 */
export class SharedAudio {
  readonly path: string;
  readonly #options: SharedAudioOptions;
  #reader: ByteReader | null = null;
  #fd = -1;
  #identity: string | null = null;

  constructor(options: SharedAudioOptions) {
    this.#options = options;
    this.path = fifoOf.data.upstream(options.folder, options.name);
  }

  /** @throws TransportError `not-a-fifo`, `not-ours` */
  open(): void {
    if (this.#reader !== null) return;
    ensureFifo(this.path, mkfifo);
    this.#fd = openPresentFifo(this.path, "both");
    this.#identity = identityOf(this.path);
    readWaiting(this.#fd); // what was sent to a process before us has no request any more
    const decoder = new BlockDecoder("word and length", {
      piece: (bytes, pid) => this.#of(pid)?.take(bytes),
      end: (pid) => this.#of(pid)?.take(null),
      broken: (length) => this.#resume(decoder, length),
    });
    this.#reader = new ByteReader(this.#fd, {
      bytes: (chunk) => decoder.push(chunk),
      end: (error) => this.#options.log.error({ reason: error?.message ?? "closed" }, "the upstream data pipe has ended"),
    });
  }

  /** Another process serves from now on; `remove`: nobody does. */
  close({ remove }: { readonly remove: boolean }): void {
    if (this.#reader === null) return;
    this.#reader.close();
    this.#reader = null;
    if (remove && identityOf(this.path) === this.#identity) removeFifo(this.path);
    this.#fail(new ToolError("interrupted", { tool: this.#options.name }));
  }

  #of(pid: number) {
    const session = this.#options.sessions().get(pid);
    return session === undefined || session.ours ? undefined : session.audio;
  }

  #resume(decoder: BlockDecoder, length: number): void {
    this.#options.log.warn({ path: this.path, length }, "the blocks of several clients have mixed: what was being sent is lost");
    this.#fail(new ToolError("audio-invalid", { what: this.path, reason: `a block of ${length} bytes was announced; blocks over PIPE_BUF bytes of several clients mix`, hint: "Send shorter blocks, or use a lane" }));
    readWaiting(this.#fd);
    setImmediate(() => decoder.reset());
  }

  #fail(error: ToolError): void {
    for (const session of this.#options.sessions()) if (!session.ours) session.audio.failReceivers(error);
  }
}
